import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { PythonProcess } from './python-process.js';

interface PoolOptions {
  /** Number of processes that always run. */
  readonly size: number;
  /** Number of processes that run in addition after the first task. */
  readonly spares: number;
  readonly start: () => PythonProcess;
  readonly onFault: (error: unknown) => void;
}

type Waiter = (process: PythonProcess | undefined) => void;

const RESTART_DELAY_MS = 1000;

/** A pool of Python processes. A process that exits is replaced in the background. */
export class PythonPool {
  private readonly processes = new Set<PythonProcess>();
  private readonly usable = new Set<PythonProcess>();
  private readonly idle: PythonProcess[] = [];
  private readonly waiters: Waiter[] = [];
  private refilling: Promise<void> = Promise.resolve();
  private hasBeenUsed = false;
  private closed = false;

  constructor(private readonly options: PoolOptions) {}

  get readyCount(): number {
    return this.usable.size;
  }

  /** Resolves when the first process is ready. */
  async open(): Promise<void> {
    await this.add();
    this.refill();
  }

  /** Resolves when all processes of the pool are ready. */
  async whenFull(): Promise<void> {
    // A caller learns that its task has failed slightly before the pool learns that the process has exited.
    await setImmediate();
    for (let awaited; awaited !== this.refilling; ) {
      awaited = this.refilling;
      await awaited;
    }
  }

  /**
   * Returns an idle process, or waits for one. Prefers the process that was used last, because it has the most compiled
   * sources in its cache. Resolves to undefined if no process becomes idle within `timeoutMs` milliseconds.
   */
  async acquire(timeoutMs: number): Promise<PythonProcess | undefined> {
    this.startSpares();
    let process = this.idle.shift();
    // An idle process that is being ended stays here until it has exited.
    while (process && !process.isUsable) process = this.idle.shift();
    if (process || this.closed) return process;
    return new Promise((resolve) => {
      const waiter: Waiter = (process) => {
        clearTimeout(timer);
        resolve(process);
      };
      const timer = setTimeout(() => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        resolve(undefined);
      }, timeoutMs);
      this.waiters.push(waiter);
    });
  }

  /** Makes a process idle again, unless it is ending. */
  release(process: PythonProcess): void {
    if (!this.usable.has(process) || !process.isUsable) return;
    const waiter = this.waiters.shift();
    if (waiter) waiter(process);
    else this.idle.unshift(process);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const waiter of this.waiters.splice(0)) waiter(undefined);
    const exits = [...this.processes].map((process) => process.end());
    await Promise.all(exits);
  }

  /** Starts the spare processes at the first task, so that a service without expressions does not run them. */
  private startSpares(): void {
    if (this.hasBeenUsed) return;
    this.hasBeenUsed = true;
    this.refill();
  }

  private get wantedCount(): number {
    const { size, spares } = this.options;
    return this.hasBeenUsed ? size + spares : size;
  }

  private refill(): void {
    this.refilling = this.refilling.then(() => this.addMissing());
  }

  private async addMissing(): Promise<void> {
    while (!this.closed && this.processes.size < this.wantedCount) {
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
    this.processes.add(process);
    void process.exited.then(() => this.onExit(process));
    await process.ready;
    this.usable.add(process);
    this.release(process);
  }

  private onExit(process: PythonProcess): void {
    this.processes.delete(process);
    const index = this.idle.indexOf(process);
    if (index >= 0) this.idle.splice(index, 1);
    // Only a process that was ready is replaced here. If it exits before, `addMissing` starts another one, or `open`
    // reports the error.
    if (this.usable.delete(process) && !this.closed) this.refill();
  }
}
