import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hashPassword } from '../../libs/stages/src/password/argon2-hash.js';
import { exportRows, LoadUsers } from '../../load/load-users.js';
import { QUICK_FACTOR } from '../../load/result.js';
import { readScenario, type Scenario } from '../../load/scenario.js';
import type { LoadModel } from '../../load/stage.js';
import { recoveryOf } from '../../load/statistics.js';
import { cpuOf } from '../cpu.js';
import type { BenchEnvironment } from '../environment.js';
import { JobProcess } from '../job-process.js';
import type { LoadFigures, LoadJob } from '../load-driver.js';
import { crowdFigures } from '../overload-figures.js';
import { type OverloadRow, overloadTable } from '../overload-report.js';
import { CORES, canPin, pin } from '../pinning.js';
import type { Product } from '../product.js';
import { ONE_HASH_AT_A_TIME, UNLIMITED } from './service-settings.js';

/** The accounts: more than there are concurrent logins, so that no two logins wait for the counters of one user. */
const ACCOUNTS = { seed: randomBytes(16).toString('hex'), prefix: 'load-', count: 1000 };
/** Number of concurrent visitors that measure the peak: enough to saturate one core. */
const VISITORS = 32;
const SECONDS = { warmUp: 4, peak: 3, single: 3, overload: 5, calm: 2 };
const OVERLOAD = 3;
/** Rate before and after the overload, as a share of the peak. */
const CALM = 0.3;

/**
 * Refused visitors do not retry. Visits that still run two seconds after a phase count as failed, so that a bench ends
 * in time.
 */
const STAGE = {
  ...{ insecure: false, forwardedFor: true, retryForMs: 0, timeoutMs: 60_000 },
  ...{ rampMs: 0, drainMs: 2000, maxInFlight: 10_000, seed: 1 },
};
const VISITS = ['identification', 'login'];

/**
 * Measures how many visits finish at three times the capacity, how quickly the others are refused, and how long the
 * gateway needs to recover. Then measures the same overload without limits.
 */
export async function overload(environment: BenchEnvironment, product: Product): Promise<string> {
  await product.servePasswords(1, ONE_HASH_AT_A_TIME);
  await importAccounts(product);
  const driver = new JobProcess<LoadJob, LoadFigures>(new URL('./load-driver.js', import.meta.url));
  const pinned = canPin();
  /**
   * Returns the function that runs the phases of one kind of visits. Before that, pins all running processes to their
   * cores.
   */
  const phases = async (name: string) => {
    const watched = [...product.watched(), ...environment.watched];
    if (pinned) for (const { pid } of watched) pin(pid, CORES.product);
    const scenario = { ...(await readScenario(name)), flow: 'login' };
    return phasesOf({ driver, url: product.url, scenario, cpuUs: () => sumOf(cpuOf(watched)) });
  };
  try {
    if (pinned) pin(driver.pid, CORES.driver);
    const rows: OverloadRow[] = [];
    for (const name of VISITS) rows.push({ name, ...(await measure(await phases(name))) });
    await product.serve('gateway', UNLIMITED.gateway);
    await product.serve('password', UNLIMITED.password);
    for (const { name, peak } of [...rows])
      rows.push({ name: `${name}, without limits`, peak, ...(await crowd(await phases(name), peak)) });
    return overloadTable(rows, pinned);
  } finally {
    driver.stop();
    // Includes the product and the servers, which are descendants of this process, for the scenarios that follow.
    if (pinned) pin(process.pid, `0-${availableParallelism() - 1}`);
  }
}

async function importAccounts(product: Product): Promise<void> {
  const users = new LoadUsers(ACCOUNTS.seed, ACCOUNTS.prefix);
  const passwordHash = await hashPassword(users.password);
  const accounts = { count: ACCOUNTS.count, first: 0, passwordHash, withTotp: false, staticCodes: 0 };
  await product.importRows('import', [...exportRows(users, accounts)]);
}

interface Phase {
  readonly load: LoadFigures;
  /** Visits a second that finished within the phase. */
  readonly rate: number;
  /** CPU time of the product for each finished visit, in microseconds. */
  readonly cpu: number;
}

type RunPhase = (model: LoadModel, seconds: number) => Promise<Phase>;

const open = (rate: number): LoadModel => ({ type: 'open', rate, pattern: 'poisson' });
const CLOSED: LoadModel = { type: 'closed', visitors: VISITORS };

async function measure(run: RunPhase): Promise<Omit<OverloadRow, 'name'>> {
  await run(CLOSED, SECONDS.warmUp);
  const peak = await run(CLOSED, SECONDS.peak);
  const calm = await run(open(CALM * peak.rate), SECONDS.calm);
  const single = await run(open(peak.rate), SECONDS.single);
  const crowded = await run(open(OVERLOAD * peak.rate), SECONDS.overload);
  const after = await run(open(CALM * peak.rate), SECONDS.calm);
  const quickMs = QUICK_FACTOR * (calm.load.visitMs?.p50 ?? 0);
  return {
    ...{ peak: peak.rate, single: single.rate, cpuTimes: crowded.cpu / peak.cpu },
    ...crowdFigures(crowded.load, SECONDS.overload),
    recoveryMs: recoveryOf(after.load.slots, { fromMs: 0, toMsExclusive: SECONDS.calm * 1000, quickMs }),
  };
}

/** Runs an overload at a multiple of a known peak rate. */
async function crowd(run: RunPhase, peak: number) {
  await run(CLOSED, SECONDS.warmUp);
  const { load } = await run(open(OVERLOAD * peak), SECONDS.overload);
  return crowdFigures(load, SECONDS.overload);
}

interface PhaseContext {
  readonly driver: JobProcess<LoadJob, LoadFigures>;
  readonly url: string;
  readonly scenario: Scenario;
  /** Returns the CPU time of the product until now. */
  readonly cpuUs: () => number;
}

/** Returns the function that runs the phases of one kind of visits. */
const phasesOf =
  ({ driver, url, scenario, cpuUs }: PhaseContext): RunPhase =>
  async (model, seconds) => {
    const before = cpuUs();
    const stage = { ...STAGE, url, scenario, model, durationMs: seconds * 1000 };
    const load = await driver.run({ stage, accounts: ACCOUNTS });
    return { load, rate: load.finishedInTime / seconds, cpu: (cpuUs() - before) / load.finished };
  };

const sumOf = (times: ReadonlyMap<string, number>) => [...times.values()].reduce((sum, us) => sum + us, 0);
