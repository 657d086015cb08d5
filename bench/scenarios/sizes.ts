import { setTimeout as delay } from 'node:timers/promises';
import { type DatabaseTools, withDatabaseTools } from '../database-tools.js';
import type { BenchEnvironment } from '../environment.js';
import type { Product } from '../product.js';
import { type SizeSample, sizesTable } from '../report.js';
import { tableSizes } from './cleanup.js';
import { USERS } from './flows.js';
import { wholeDummy } from './visits.js';

const MINUTES = 10;
const MINUTE_MS = 60_000;
const VISITS = 1000;
const CONCURRENCY = 16;

/** The shortest allowed lifetimes. From the second minute on, as many rows expire as are created. */
const LIFETIMES = {
  UNANSWERED_SESSION_S: '60',
  ANONYMOUS_SESSION_S: '60',
  PLAN_S: '60',
  CLEANUP_EVERY_S: '5',
};

/** Measures the sizes of the tables in each of ten minutes at full load. */
export function sizes(environment: BenchEnvironment, product: Product): Promise<string> {
  const setup = { product, env: LIFETIMES };
  return withDatabaseTools(environment, setup, async (tools) => sizesTable(await sampleSizes(tools)));
}

async function sampleSizes({ client, driver, url }: DatabaseTools): Promise<SizeSample[]> {
  const samples: SizeSample[] = [];
  let visits = 0;
  let isOver = false;
  const load = async () => {
    for (; !isOver; visits += VISITS) {
      await driver.admit(wholeDummy, { url, count: VISITS, users: USERS });
      await driver.measure(wholeDummy, CONCURRENCY);
    }
  };
  const running = load();
  try {
    for (let minute = 1; minute <= MINUTES; minute++) {
      const before = visits;
      await Promise.race([delay(MINUTE_MS), running]);
      samples.push({ visits: visits - before, tables: await tableSizes(client) });
    }
  } finally {
    isOver = true;
    await running;
  }
  return samples;
}
