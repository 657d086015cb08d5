import type { PythonRuntime } from './python-runtime.js';

/** A copy of Python's memory. All state of Python is in this memory, so restoring the copy restores the state. */
export class MemorySnapshot {
  private copy: Uint8Array;
  private isCurrent = true;

  constructor(private readonly runtime: PythonRuntime) {
    this.copy = runtime.memory.slice();
  }

  /** Marks the copy as outdated, because Python has compiled a source after the copy was made. */
  markChanged(): void {
    this.isCurrent = false;
  }

  /** Copies the memory if the copy is outdated. Only call it while no impure expression can have changed the memory. */
  save(): void {
    if (this.isCurrent) return;
    const { memory } = this.runtime;
    if (memory.length === this.copy.length) this.copy.set(memory);
    else this.copy = memory.slice();
    this.isCurrent = true;
  }

  /** Restores the last copy, and closes files that the expression opened. */
  restore(): void {
    this.runtime.closeFiles();
    this.runtime.memory.set(this.copy);
    this.runtime.memory.fill(0, this.copy.length);
    this.isCurrent = true;
  }

  /** The size of the memory relative to its copy. WebAssembly memory never shrinks. */
  get growth(): number {
    return this.runtime.memory.length / this.copy.length;
  }
}
