import { LOOK } from '../load/visit.js';
import type { LoadFigures } from './load-driver.js';
import type { OverloadRow } from './overload-report.js';

/** The figures of the overload itself, without those that compare it with other phases. */
export type CrowdFigures = Omit<OverloadRow, 'name' | 'peak' | 'single' | 'cpuTimes' | 'recoveryMs'>;

/** Returns the figures of an overload that lasted `seconds`. Refused visitors must not have retried. */
export function crowdFigures(load: LoadFigures, seconds: number): CrowdFigures {
  const { begun, failed, refused, refusalMs, refusedStepsMs, visitMs } = load;
  const refusals = Object.entries(refusedStepsMs).map(([step, latencies]) => ({ step, count: latencies?.count ?? 0 }));
  const late = refusals.filter(({ step }) => step !== LOOK).reduce((sum, { count }) => sum + count, 0);
  return {
    offered: begun / seconds,
    crowded: load.finishedInTime / seconds,
    failed: failed - (refused['503'] ?? 0),
    refusedLate: late / begun,
    refusalP50: refusalMs?.p50,
    refusalP99: refusalMs?.p99,
    finishedP99: visitMs?.p99,
  };
}
