import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { ClosedLoad, OpenLoad, VisitResult } from './arrivals.js';

type Load = Omit<OpenLoad, 'url' | 'users'> | Omit<ClosedLoad, 'url' | 'users'>;

/** Controls the load generator. */
export class LoadDriver {
  private readonly child: ChildProcess = fork(new URL('./load-driver.js', import.meta.url));
  private readonly exited = once(this.child, 'exit').then((): never => {
    throw new Error('the load generator exited');
  });

  constructor(
    private readonly url: string,
    private readonly users: number,
  ) {}

  get pid(): number {
    return this.child.pid as number;
  }

  /** Runs one phase of load. Resolves with all its visits when the last one has ended. */
  async run(load: Load): Promise<VisitResult[]> {
    const reply = once(this.child, 'message') as Promise<[{ results: VisitResult[] } | { failure: string }]>;
    this.child.send({ ...load, url: this.url, users: this.users });
    const [result] = await Promise.race([reply, this.exited]);
    if ('failure' in result) throw new Error(result.failure);
    return result.results;
  }

  stop(): void {
    this.exited.catch(() => undefined);
    this.child.kill();
  }
}
