import type { BenchEnvironment } from '../environment.js';
import { best, type Figures, round } from '../measuring.js';
import type { Product } from '../product.js';
import { scalingTable } from '../report.js';
import { timeSlice } from '../time-slice.js';
import { USERS } from './flows.js';
import { prepareSlowUsers } from './slow-users.js';
import { slowPassword } from './visits.js';

const ROUNDS = 2;
/** Fewer than the failures of one user that go unpunished. */
const VISITS_PER_USER = 2;
/** NATS picks a member of a queue at random: with few under way, one of two would often have nothing to do. */
const CONCURRENCY = 32;
/** Two processes in turn have one core, half of it each, and everything else they need has the other. */
const TURNS = 2;

/** One hash at a time in each process, so that a second process has something to add on few cores. */
export const ONE_AT_A_TIME = { PASSWORD_CONCURRENCY: '1' };

/** What a second password process adds while cores are free. */
export async function scaling(ground: BenchEnvironment, product: Product): Promise<string> {
  const variant = { name: 'password', site: product, visit: slowPassword, count: USERS * VISITS_PER_USER };
  const rounds = new Map([1, 2].map((processes): [number, Figures[]] => [processes, []]));
  for (let i = 0; i < ROUNDS; i++) {
    for (const [processes, figures] of rounds) {
      await prepareSlowUsers(ground);
      const pids = await product.servePasswords(processes, ONE_AT_A_TIME);
      const letGo = timeSlice(TURNS, pids);
      try {
        figures.push(await round(variant, CONCURRENCY, ground.watched));
      } finally {
        letGo();
      }
    }
  }
  return scalingTable(new Map([...rounds].map(([processes, figures]) => [processes, best(figures)])));
}
