import type { PythonRuntime } from './python-runtime.js';

/** All that Python knows lies in one piece of memory: keeping a copy is keeping a state to go back to. */
export class MemorySnapshot {
  private kept: Uint8Array;
  private fresh = true;

  constructor(private readonly runtime: PythonRuntime) {
    this.kept = runtime.memory.slice();
  }

  /** Something worth keeping happened since the last copy: a source was compiled. */
  gained(): void {
    this.fresh = false;
  }

  /** Copies what is there, unless the last copy has it. Only what no expression can have touched may be kept. */
  keep(): void {
    if (this.fresh) return;
    const { memory } = this.runtime;
    if (memory.length === this.kept.length) this.kept.set(memory);
    else this.kept = memory.slice();
    this.fresh = true;
  }

  /** Puts back the last copy. */
  restore(): void {
    this.runtime.closeFiles();
    this.runtime.memory.set(this.kept);
    this.runtime.memory.fill(0, this.kept.length);
    this.fresh = true;
  }

  /** How many times as large as its copy the memory has become. It never shrinks again. */
  get growth(): number {
    return this.runtime.memory.length / this.kept.length;
  }
}
