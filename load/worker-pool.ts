import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { addRecording, emptyRecording, type Recording } from './recorder.js';
import type { Stage } from './stage.js';
import type { UserRingOptions } from './user-ring.js';
import type { WorkerData, WorkerJob, WorkerReport } from './worker.js';

/** Time that the threads need to receive a stage before it starts, in milliseconds. */
export const HEAD_START_MS = 250;

/** The result of a stage, with the cost of the load generator. */
export interface StageResult {
  readonly recording: Recording;
  /** When the load began, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Duration of the load and of the visits that finished after its end, in milliseconds. */
  readonly elapsedMs: number;
  /** CPU time of the load generator in seconds, of all its threads. */
  readonly cpuS: number;
  /** Share of time (0 to 1) in which the busiest thread was busy. */
  readonly busiest: number;
}

/** Several load generators, each in its thread, which share the load and the accounts. */
export class WorkerPool {
  private readonly workers: readonly Worker[];

  constructor(count: number, { ring, ...data }: Omit<WorkerData, 'ring'> & { ring: Omit<UserRingOptions, 'share'> }) {
    this.workers = Array.from({ length: count }, (_, index) => {
      const workerData: WorkerData = { ...data, ring: { ...ring, share: { index, of: count } } };
      return new Worker(new URL('./worker.js', import.meta.url), { workerData });
    });
  }

  /** Runs a stage in all threads, from `startedAt` on, in milliseconds since 1970. */
  async run(stage: Omit<Stage, 'share'>, startedAt: number): Promise<StageResult> {
    const cpu = process.cpuUsage();
    const of = this.workers.length;
    const maxInFlight = Math.max(1, Math.floor(stage.maxInFlight / of));
    const reports = await Promise.all(
      this.workers.map((worker, index) =>
        this.send(worker, { stage: { ...stage, maxInFlight, share: { index, of } }, startAt: startedAt }),
      ),
    );
    const recording = emptyRecording();
    for (const report of reports) addRecording(recording, report.recording);
    const { user, system } = process.cpuUsage(cpu);
    return {
      recording,
      startedAt,
      elapsedMs: Date.now() - startedAt,
      cpuS: (user + system) / 1e6,
      busiest: Math.max(...reports.map(({ busy }) => busy)),
    };
  }

  /** Stops new visits from starting. */
  stop(): void {
    for (const worker of this.workers) worker.postMessage({ stop: true } satisfies WorkerJob);
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private async send(worker: Worker, job: WorkerJob) {
    const reply = once(worker, 'message') as Promise<[WorkerReport]>;
    worker.postMessage(job);
    const [report] = await reply;
    if ('fault' in report) throw new Error(report.fault);
    return report;
  }
}
