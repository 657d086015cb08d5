import type { BenchEnvironment } from '../environment.js';
import { openFloors } from '../floors/floors.js';
import { interleaved, type Variant } from '../measuring.js';
import type { Product } from '../product.js';
import { solvesTable } from '../report.js';
import { dummy, dummyOnward, FLOORS, identification, login } from './visits.js';

/** What a solve costs beside what it cannot do without: every variant in turn, several rounds, the first unmeasured. */
export async function solves(ground: BenchEnvironment, product: Product): Promise<string> {
  const floors = await openFloors(ground);
  const variants: Variant[] = [
    { name: 'bare Fastify', site: floors, visit: FLOORS.bare, count: 1500 },
    { name: '… and one echo over NATS', site: floors, visit: FLOORS.echo, count: 1000 },
    { name: '… and the least two statements, one open, one seal', site: floors, visit: FLOORS.least, count: 500 },
    { name: '… and the two statements of a solve instead', site: floors, visit: FLOORS.whole, count: 500 },
    { name: '… and a second echo', site: floors, visit: FLOORS.wholeTwice, count: 500 },
    {
      name: 'dummy: the last answer',
      site: product,
      visit: dummy,
      count: 500,
      floor: '… and the two statements of a solve instead',
    },
    { name: 'dummy: on to the next', site: product, visit: dummyOnward, count: 500, floor: '… and a second echo' },
    { name: 'identification', site: product, visit: identification, count: 500, floor: '… and a second echo' },
    { name: 'a hash', site: floors, visit: FLOORS.hash, count: 40 },
    { name: 'a login', site: product, visit: login, count: 40, floor: 'a hash' },
  ];
  try {
    return solvesTable(variants, await interleaved(variants, ground));
  } finally {
    await floors.stop();
  }
}
