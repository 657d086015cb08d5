import type { JobReply } from './job-process.js';

/** Runs the jobs that a `JobProcess` sends to this process. */
export function serveJobs<Job, Result>(run: (job: Job) => Promise<Result>): void {
  const report = (reply: JobReply<Result>) => void process.send?.(reply);
  process.on('message', (job) => {
    run(job as Job).then(
      (result) => report({ result }),
      (error: unknown) => report({ failure: String(error) }),
    );
  });
}
