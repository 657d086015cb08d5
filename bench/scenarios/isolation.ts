import { availableParallelism } from 'node:os';
import { Driver } from '../driver-process.js';
import type { BenchEnvironment } from '../environment.js';
import { best, type RoundFigures, runRound } from '../measurement.js';
import { canPin, pin } from '../pinning.js';
import type { Product } from '../product.js';
import { isolationTable } from '../report.js';
import { LeftOutError } from '../run-scenarios.js';
import { underLoad } from '../under-load.js';
import { USERS } from './flows.js';
import { UNLIMITED } from './service-settings.js';
import { prepareSlowUsers } from './slow-users.js';
import { identification, slowPassword } from './visits.js';

const ROUNDS = 3;
const VISITS = 300;
/**
 * Number of logins: enough to last longer than the identifications, and few enough for each user that no failure causes
 * a delay.
 */
const LOGINS = 2 * USERS;
/** Concurrent logins, more than the password service can process. */
const LOGIN_CONCURRENCY = 16;

/**
 * Measures whether identification is slower while the password service is overloaded, but other cores are free: the
 * password service has one core, and all other processes have the rest. Without admission limits, no login is refused,
 * so the queue stays full.
 */
export async function isolation(environment: BenchEnvironment, product: Product): Promise<string> {
  if (!canPin()) throw new LeftOutError('it needs two cores and taskset');
  const last = availableParallelism() - 1;
  await product.serve('gateway', UNLIMITED.gateway);
  const [password] = await product.servePasswords(1, UNLIMITED.password);
  try {
    // Includes the servers and the load generators, which are descendants of this process.
    pin(process.pid, `0-${last - 1}`);
    pin(password!, last);
    return await measure(environment, product);
  } finally {
    pin(process.pid, `0-${last}`);
    await product.serve('gateway', {});
  }
}

async function measure(environment: BenchEnvironment, product: Product): Promise<string> {
  const variant = { name: 'identification', site: product, visit: identification, count: VISITS };
  const alone: RoundFigures[] = [];
  const crowded: RoundFigures[] = [];
  await runRound(variant, 1, environment.watched);
  for (let i = 0; i < ROUNDS; i++) {
    await prepareSlowUsers(environment);
    alone.push(await runRound(variant, 1, environment.watched));
    crowded.push(await withBusyLogins(product, () => runRound(variant, 1, environment.watched)));
  }
  return isolationTable({ alone: best(alone), crowded: best(crowded) });
}

async function withBusyLogins(product: Product, measure: () => Promise<RoundFigures>): Promise<RoundFigures> {
  const load = new Driver();
  try {
    await load.admit(slowPassword, { url: product.url, count: LOGINS, users: USERS });
    return await underLoad(load.measure(slowPassword, LOGIN_CONCURRENCY), measure);
  } finally {
    load.stop();
  }
}
