/** The load generator of `npm run load`, in a process of its own, which a bench pins to a core. */
import { LoadUsers } from '../load/load-users.js';
import type { Slot } from '../load/recorder.js';
import { type VisitFigures, visitFigures } from '../load/result.js';
import { runStage, type Stage } from '../load/stage.js';
import { UserRing } from '../load/user-ring.js';
import { serveJobs } from './serve-jobs.js';

/** A load, and the accounts that its visitors use. */
export interface LoadJob {
  readonly stage: Omit<Stage, 'share'>;
  readonly accounts: { readonly seed: string; readonly prefix: string; readonly count: number };
}

/** The figures of the visits of a load. */
export interface LoadFigures extends VisitFigures {
  /** Visits that finished before the end of the load. */
  readonly finishedInTime: number;
  readonly slots: readonly Slot[];
}

const ALONE = { index: 0, of: 1 };
/** Shared by all jobs, so that each load begins with the account after the last one of the previous load. */
let ring: UserRing | undefined;

serveJobs(async ({ stage, accounts: { seed, prefix, count } }: LoadJob): Promise<LoadFigures> => {
  ring ??= new UserRing(new LoadUsers(seed, prefix), { count, firstCode: 0, staticCodes: 0, share: ALONE });
  const context = { ring, startedAt: performance.now(), stopping: () => false };
  const recording = await runStage({ ...stage, share: ALONE }, context);
  return { ...visitFigures(recording), finishedInTime: recording.finishedInTime, slots: recording.slots };
});
