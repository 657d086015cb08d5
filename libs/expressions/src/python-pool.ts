import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { PythonProcess } from './python-process.js';

interface PoolOptions {
  readonly count: number;
  readonly start: () => PythonProcess;
  readonly onFault: (error: unknown) => void;
}

type Waiter = (process: PythonProcess | undefined) => void;

const RESTART_DELAY_MS = 1000;

/** Processes that take turns. One that ends is replaced while the others serve. */
export class PythonPool {
  private readonly all = new Set<PythonProcess>();
  private readonly usable = new Set<PythonProcess>();
  private readonly idle: PythonProcess[] = [];
  private readonly takers: Waiter[] = [];
  private filling: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: PoolOptions) {}

  get serving(): number {
    return this.usable.size;
  }

  /** Resolves when the first process is ready. */
  async open(): Promise<void> {
    await this.add();
    this.fill();
  }

  /** Resolves when nothing is missing. */
  async complete(): Promise<void> {
    // That a process has just ended is known a moment after its errand has failed.
    await setImmediate();
    for (let seen; seen !== this.filling; ) {
      seen = this.filling;
      await seen;
    }
  }

  /** The next idle process, the longest serving first because it has compiled most; undefined when none came in time. */
  async take(patienceMs: number): Promise<PythonProcess | undefined> {
    const process = this.idle.shift();
    if (process || this.closed) return process;
    return new Promise((resolve) => {
      const taker: Waiter = (found) => {
        clearTimeout(timer);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.takers.splice(this.takers.indexOf(taker), 1);
        resolve(undefined);
      }, patienceMs);
      this.takers.push(taker);
    });
  }

  giveBack(process: PythonProcess): void {
    if (!this.usable.has(process) || !process.isFit) return;
    const taker = this.takers.shift();
    if (taker) taker(process);
    else this.idle.unshift(process);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const taker of this.takers.splice(0)) taker(undefined);
    const leaving = [...this.all].map((process) => process.end());
    await Promise.all(leaving);
  }

  private fill(): void {
    this.filling = this.filling.then(() => this.addMissing());
  }

  private async addMissing(): Promise<void> {
    while (!this.closed && this.all.size < this.options.count) {
      try {
        await this.add();
      } catch (error) {
        if (this.closed) return;
        this.options.onFault(error);
        await sleep(RESTART_DELAY_MS, undefined, { ref: false });
      }
    }
  }

  private async add(): Promise<void> {
    const process = this.options.start();
    this.all.add(process);
    void process.gone.then(() => this.lost(process));
    await process.ready;
    this.usable.add(process);
    this.giveBack(process);
  }

  private lost(process: PythonProcess): void {
    this.all.delete(process);
    const at = this.idle.indexOf(process);
    if (at >= 0) this.idle.splice(at, 1);
    // One that never became ready is tried again by whoever waits for it.
    if (this.usable.delete(process) && !this.closed) this.fill();
  }
}
