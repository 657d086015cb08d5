import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Done, Job, Measured, Visit } from './visit.js';

/** A driver, seen from the process that tells it what to do. */
export class Driver {
  private readonly child: ChildProcess = fork(new URL('./driver.js', import.meta.url));

  /** Makes the visitors of a visit, as far as it is not measured. */
  async admit({ before }: Visit, at: { readonly url: string; readonly count: number; readonly users: number }) {
    await this.tell({ type: 'admit', steps: before, ...at });
  }

  /** Lets those visitors do what is measured, `concurrency` of them at a time. Throws when an answer is not the expected one. */
  measure({ measured }: Visit, concurrency: number): Promise<Measured> {
    return this.tell({ type: 'measure', steps: measured, concurrency });
  }

  stop(): void {
    this.child.kill();
  }

  private async tell(job: Job): Promise<Measured> {
    const answered = once(this.child, 'message') as Promise<[Done]>;
    const gone = once(this.child, 'exit').then((): never => {
      throw new Error('the driver is gone');
    });
    this.child.send(job);
    const [done] = await Promise.race([answered, gone]);
    if ('failure' in done) throw new Error(done.failure);
    return done.measured;
  }
}
