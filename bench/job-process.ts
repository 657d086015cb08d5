import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** The reply of a load generator to a job. */
export type JobReply<Result> = { readonly result: Result } | { readonly failure: string };

/** A load generator in a process of its own, which runs one job at a time. The file `entry` must call `serveJobs`. */
export class JobProcess<Job extends object, Result> {
  private readonly child: ChildProcess;

  constructor(entry: URL) {
    // JSON cannot represent the infinite numbers of the results.
    this.child = fork(entry, { serialization: 'advanced' });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Runs a job and returns its result. Throws if the job fails, or if the process ends. */
  async run(job: Job): Promise<Result> {
    const over = new AbortController();
    const reply = once(this.child, 'message', over) as Promise<[JobReply<Result>]>;
    const exited = once(this.child, 'exit', over).then((): never => {
      throw new Error('the load generator exited');
    });
    this.child.send(job);
    try {
      const [done] = await Promise.race([reply, exited]);
      if ('failure' in done) throw new Error(done.failure);
      return done.result;
    } finally {
      over.abort();
    }
  }

  stop(): void {
    this.child.kill();
  }
}
