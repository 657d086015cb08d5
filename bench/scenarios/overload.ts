import { hashPassword } from '../../libs/stages/src/password/argon2-hash.js';
import type { VisitResult } from '../arrivals.js';
import { cpuOf, type WatchedProcess } from '../cpu.js';
import type { BenchEnvironment } from '../environment.js';
import { LoadDriver } from '../load-driver-process.js';
import { percentiles } from '../measurement.js';
import { type OverloadRow, overloadTable } from '../overload-report.js';
import { CORES, canPin, pin } from '../pinning.js';
import type { Product } from '../product.js';
import type { Visit } from '../visit.js';
import { ONE_HASH_AT_A_TIME } from './scaling.js';
import { identification, login } from './visits.js';

/** Number of users, more than logins in flight, so that no two logins queue for the counters of one user. */
const USERS = 1000;
/** Visitors of the closed model whose rate counts as the peak: enough to saturate one core. */
const VISITORS = 32;
const SECONDS = { warmUp: 4, peak: 3, single: 3, overload: 5, calm: 2 };
const OVERLOAD = 3;
/** Share of the peak before and after the overload. */
const CALM = 0.3;
/** Visits in a row that must be as quick as before the overload, for it to be over. */
const QUICK_VISITS = 10;
/** A visit is as quick as before if it takes at most so many times the median of then. */
const QUICK_FACTOR = 3;

/** Settings with which nothing is refused early, for comparison. */
const UNLIMITED = {
  gateway: { ADMISSION_DELAY_MS: '0', IN_FLIGHT_MAX: '100000' },
  password: { ...ONE_HASH_AT_A_TIME, PASSWORD_WAIT_MS: '9000' },
};
const VISITS = { identification, login } as const;

/**
 * Measures how many visits finish at three times the capacity, how quickly the others are refused, and how long the
 * gateway needs to recover. Then the same overload without limits.
 */
export async function overload(environment: BenchEnvironment, product: Product): Promise<string> {
  await product.servePasswords(1, ONE_HASH_AT_A_TIME);
  const password = await hashPassword('correct-horse-7');
  const users = Array.from({ length: USERS }, (_, i) => ({ username: `load-${i}`, password }));
  await product.importRows('import', users);
  const driver = new LoadDriver(product.url, USERS);
  const pinned = canPin();
  /** Returns the phases of a visit, with all processes that run now pinned to their cores. */
  const phases = (visit: Visit) => {
    const watched = [...product.watched(), ...environment.watched];
    if (pinned) for (const { pid } of watched) pin(pid, CORES.product);
    return phasesOf(driver, visit, watched);
  };
  try {
    if (pinned) pin(driver.pid, CORES.driver);
    const rows: OverloadRow[] = [];
    for (const [name, visit] of Object.entries(VISITS)) rows.push({ name, ...(await measure(phases(visit))) });
    await product.serve('gateway', UNLIMITED.gateway);
    await product.serve('password', UNLIMITED.password);
    for (const { name, peak } of [...rows]) {
      const crowded = await crowd(phases(VISITS[name as keyof typeof VISITS]), peak);
      rows.push({ name: `${name}, without limits`, peak, ...crowded });
    }
    return overloadTable(rows, pinned);
  } finally {
    driver.stop();
  }
}

interface Phase {
  readonly results: readonly VisitResult[];
  /** Finished visits a second. */
  readonly rate: number;
  /** CPU time of the product for each finished visit, in microseconds. */
  readonly cpu: number;
}

type RunPhase = (load: { visitors: number } | { perSecond: number }, seconds: number) => Promise<Phase>;

async function measure(run: RunPhase): Promise<Omit<OverloadRow, 'name'>> {
  await run({ visitors: VISITORS }, SECONDS.warmUp);
  const peak = await run({ visitors: VISITORS }, SECONDS.peak);
  const calm = await run({ perSecond: CALM * peak.rate }, SECONDS.calm);
  const single = await run({ perSecond: peak.rate }, SECONDS.single);
  const crowded = await run({ perSecond: OVERLOAD * peak.rate }, SECONDS.overload);
  const after = await run({ perSecond: CALM * peak.rate }, SECONDS.calm);
  return {
    ...{ peak: peak.rate, single: single.rate, crowded: crowded.rate, cpuTimes: crowded.cpu / peak.cpu },
    ...crowdFigures(crowded.results),
    recoveryMs: recoveryOf(after.results, percentiles(durations(calm.results))(0.5)),
  };
}

/** Runs an overload of a known peak. */
async function crowd(run: RunPhase, peak: number) {
  await run({ visitors: VISITORS }, SECONDS.warmUp);
  const { rate, results } = await run({ perSecond: OVERLOAD * peak }, SECONDS.overload);
  return { crowded: rate, ...crowdFigures(results) };
}

function crowdFigures(results: readonly VisitResult[]) {
  const refusals = results.filter(({ outcome }) => outcome === 'refused');
  const at = percentiles(refusals.map(({ lastRequestMs }) => lastRequestMs));
  return {
    offered: results.length / SECONDS.overload,
    failed: results.filter(({ outcome }) => outcome === 'failed').length,
    refusedLate: refusals.filter(({ step }) => step > 0).length / results.length,
    refusalP50: at(0.5),
    refusalP99: at(0.99),
    finishedP99: percentiles(durations(results))(0.99),
  };
}

/** Returns the function that runs the phases of one kind of visits. */
const phasesOf =
  (driver: LoadDriver, { before, measured }: Visit, watched: readonly WatchedProcess[]): RunPhase =>
  async (load, seconds) => {
    const start = cpuOf(watched);
    const results = await driver.run({ steps: [...before, ...measured], seconds, ...load });
    const used = [...cpuOf(watched)].reduce((sum, [name, us]) => sum + us - (start.get(name) ?? 0), 0);
    return { results, rate: rateOf(results, seconds), cpu: used / finished(results).length };
  };

const finished = (results: readonly VisitResult[]) => results.filter(({ outcome }) => outcome === 'finished');
const durations = (results: readonly VisitResult[]) => finished(results).map((r) => r.endedAt - r.arrivedAt);

/** Returns the visits a second that finished within the phase. Those that finish after its end do not count. */
const rateOf = (results: readonly VisitResult[], seconds: number) =>
  finished(results).filter(({ endedAt }) => endedAt <= seconds * 1000).length / seconds;

/** Returns the milliseconds after which visits are finished as quickly as before; infinity if they never are. */
function recoveryOf(results: readonly VisitResult[], medianBefore: number): number {
  const isQuick = ({ outcome, arrivedAt, endedAt }: VisitResult) =>
    outcome === 'finished' && endedAt - arrivedAt <= QUICK_FACTOR * medianBefore;
  const sorted = [...results].sort((a, b) => a.arrivedAt - b.arrivedAt);
  const first = sorted.findIndex((_, i) => {
    const run = sorted.slice(i, i + QUICK_VISITS);
    return run.length === QUICK_VISITS && run.every(isQuick);
  });
  return sorted[first]?.arrivedAt ?? Number.POSITIVE_INFINITY;
}
