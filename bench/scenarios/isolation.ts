import { Driver } from '../driving.js';
import type { BenchEnvironment } from '../environment.js';
import { best, type Figures, round } from '../measuring.js';
import type { Product } from '../product.js';
import { isolationTable } from '../report.js';
import { USERS } from './flows.js';
import { ONE_AT_A_TIME } from './scaling.js';
import { prepareSlowUsers } from './slow-users.js';
import { identification, slowPassword } from './visits.js';

const ROUNDS = 3;
const VISITS = 300;
/** Enough to last for longer than the identifications do. */
const LOGINS = USERS;
/** More than the password service can work on. */
const CROWD = 16;

/** What identification feels of a password service that has more to do than it can: nothing, while a core is free. */
export async function isolation(ground: BenchEnvironment, product: Product): Promise<string> {
  await product.servePasswords(1, ONE_AT_A_TIME);
  const variant = { name: 'identification', site: product, visit: identification, count: VISITS };
  const alone: Figures[] = [];
  const crowded: Figures[] = [];
  await round(variant, 1, ground.watched);
  for (let i = 0; i < ROUNDS; i++) {
    await prepareSlowUsers(ground);
    alone.push(await round(variant, 1, ground.watched));
    crowded.push(await besideLogins(product, () => round(variant, 1, ground.watched)));
  }
  return isolationTable({ alone: best(alone), crowded: best(crowded) });
}

async function besideLogins(product: Product, measure: () => Promise<Figures>): Promise<Figures> {
  const crowd = new Driver();
  try {
    await crowd.admit(slowPassword, { url: product.url, count: LOGINS, users: USERS });
    let over = false;
    const end = () => {
      over = true;
    };
    void crowd.measure(slowPassword, CROWD).then(end, end);
    const figures = await measure();
    if (over) throw new Error('the logins ended before the identifications: the figures would say nothing');
    return figures;
  } finally {
    crowd.stop();
  }
}
