import type { BenchEnvironment } from '../environment.js';
import { best, type RoundFigures, runRound } from '../measurement.js';
import type { Product } from '../product.js';
import { scalingTable } from '../report.js';
import { timeSlice } from '../time-slice.js';
import { USERS } from './flows.js';
import { UNLIMITED } from './service-settings.js';
import { prepareSlowUsers } from './slow-users.js';
import { slowPassword } from './visits.js';

const ROUNDS = 2;
/** Visits per user, each with a wrong password. After so few failures, answers are not delayed yet. */
const VISITS_PER_USER = 2;
/**
 * Number of concurrent logins. NATS picks a queue member at random, so with fewer logins one of two processes would
 * often be idle.
 */
const CONCURRENCY = 32;
/**
 * Number of time slices, one for each of two password processes. Together they use one core and leave the other core to
 * all other processes.
 */
const TURNS = 2;

/** Measures how much faster two password processes are than one, if there are free cores. */
export async function scaling(environment: BenchEnvironment, product: Product): Promise<string> {
  const variant = { name: 'password', site: product, visit: slowPassword, count: USERS * VISITS_PER_USER };
  const rounds = new Map([1, 2].map((processes): [number, RoundFigures[]] => [processes, []]));
  for (let i = 0; i < ROUNDS; i++) {
    for (const [processes, figures] of rounds) {
      await prepareSlowUsers(environment);
      const pids = await product.servePasswords(processes, UNLIMITED.password);
      const release = timeSlice(TURNS, pids);
      try {
        figures.push(await runRound(variant, CONCURRENCY, environment.watched));
      } finally {
        release();
      }
    }
  }
  return scalingTable(new Map([...rounds].map(([processes, figures]) => [processes, best(figures)])));
}
