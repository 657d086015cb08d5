/** A load generator, which runs in a thread of its own. */
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { LoadUsers } from './load-users.js';
import type { Recording } from './recorder.js';
import { runStage, type Stage } from './stage.js';
import { UserRing, type UserRingOptions } from './user-ring.js';

/** The data that a load generator gets at its start. */
export interface WorkerData {
  readonly seed: string;
  readonly prefix: string;
  readonly ring: UserRingOptions;
}

/** A message to a load generator. `startAt` is in milliseconds since 1970, the same for all generators. */
export type WorkerJob = { readonly stage: Stage; readonly startAt: number } | { readonly stop: true };

/** A message that a load generator sends to the thread that started it. */
export type WorkerReport =
  | { readonly recording: Recording /** Share of time (0 to 1) in which the thread was busy. */; readonly busy: number }
  | { readonly fault: string };

const { seed, prefix, ring: ringOptions } = workerData as WorkerData;
const ring = new UserRing(new LoadUsers(seed, prefix), ringOptions);
let stopping = false;

parentPort?.on('message', (job: WorkerJob) => {
  if ('stop' in job) stopping = true;
  else
    run(job.stage, job.startAt).then(report, (error: unknown) =>
      report({ fault: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
});

const report = (message: WorkerReport) => parentPort?.postMessage(message);

async function run(stage: Stage, startAt: number): Promise<WorkerReport> {
  const startedAt = performance.now() + startAt - Date.now();
  const before = performance.eventLoopUtilization();
  const recording = await runStage(stage, { ring, startedAt, stopping: () => stopping });
  return { recording, busy: performance.eventLoopUtilization(before).utilization };
}
