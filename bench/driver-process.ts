import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Audience, Job, JobResult, Measurement, Visit } from './visit.js';

/** Controls a load generator process. */
export class Driver {
  private readonly child: ChildProcess = fork(new URL('./driver.js', import.meta.url));

  /** Creates visitors and runs the unmeasured steps of a visit. */
  async admit({ before, hasSession = false }: Visit, audience: Omit<Audience, 'flows'> & { readonly flows?: number }) {
    await this.send({ type: 'admit', steps: before, hasSession, flows: 1, ...audience });
  }

  /** Runs the measured steps with the admitted visitors, `concurrency` at a time. Throws for an unexpected response. */
  measure({ measured }: Visit, concurrency: number): Promise<Measurement> {
    return this.send({ type: 'measure', steps: measured, concurrency });
  }

  stop(): void {
    this.child.kill();
  }

  private async send(job: Job): Promise<Measurement> {
    const over = new AbortController();
    const reply = once(this.child, 'message', over) as Promise<[JobResult]>;
    const exited = once(this.child, 'exit', over).then((): never => {
      throw new Error('the load generator exited');
    });
    this.child.send(job);
    try {
      const [result] = await Promise.race([reply, exited]);
      if ('failure' in result) throw new Error(result.failure);
      return result.measured;
    } finally {
      over.abort();
    }
  }
}
