import { MemoryImage } from './memory-image.js';
import type { PythonRuntime } from './python-runtime.js';

/**
 * Copies of Python's memory. All state of Python is in this memory, so restoring a copy restores the state. The initial
 * copy contains nothing of any source or visitor. The shared copy also has the compiled pure sources (purity.py).
 */
export class MemoryImages {
  private readonly initial: MemoryImage;
  /** The latest copy of the shared memory. */
  private shared: MemoryImage;
  private isShared = true;
  private isSaved = true;

  constructor(private readonly runtime: PythonRuntime) {
    this.initial = MemoryImage.of(runtime.memory);
    this.shared = this.initial;
  }

  /** Restores the memory that pure sources share, unless it is already loaded. */
  useShared(): void {
    if (!this.isShared) this.load(this.shared);
    this.isShared = true;
  }

  /** Marks the shared memory as changed, because a source was compiled. */
  markChanged(): void {
    this.isSaved = false;
  }

  /** Restores the initial memory for one source that is not pure. */
  useInitial(): void {
    if (this.isShared && !this.isSaved) this.saveShared();
    this.load(this.initial);
    this.isShared = false;
  }

  /** Replaces the shared memory by the initial memory, after an interrupt or an error that may have changed it. */
  reset(): void {
    this.shared = this.initial;
    this.isSaved = true;
    this.load(this.initial);
    this.isShared = true;
  }

  /** The size of the memory relative to its initial size. WebAssembly memory never shrinks. */
  get growth(): number {
    return this.runtime.memory.length / this.initial.length;
  }

  private saveShared(): void {
    this.shared = MemoryImage.of(this.runtime.memory);
    this.isSaved = true;
  }

  private load(image: MemoryImage): void {
    this.runtime.closeFiles();
    image.restore(this.runtime.memory);
  }
}
