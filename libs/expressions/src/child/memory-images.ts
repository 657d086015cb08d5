import { MemoryImage } from './memory-image.js';
import type { PythonRuntime } from './python-runtime.js';

/**
 * Copies of Python's memory. A copy contains Python's whole state, so restoring the copy restores that state. The
 * initial copy contains nothing of any expression or visitor. The shared copy also contains the compiled pure sources
 * (purity.py).
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

  /** Restores the shared memory, in which pure sources run, unless it is loaded already. */
  useShared(): void {
    if (!this.isShared) this.load(this.shared);
    this.isShared = true;
  }

  /** Records that the shared memory has changed, because a source was compiled in it. */
  markChanged(): void {
    this.isSaved = false;
  }

  /** Restores the initial memory, for a source that is not pure. */
  useInitial(): void {
    if (this.isShared && !this.isSaved) this.saveShared();
    this.load(this.initial);
    this.isShared = false;
  }

  /** Replaces the shared memory by the initial one, because an interrupt or an error may have damaged it. */
  reset(): void {
    this.shared = this.initial;
    this.isSaved = true;
    this.load(this.initial);
    this.isShared = true;
  }

  /** Current size of the memory, divided by its initial size. */
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
