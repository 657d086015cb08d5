import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Driver } from '../driver-process.js';
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

/** The shortest lifetimes, so that as many rows expire as begin from the second minute on. */
const LIFETIMES = {
  UNANSWERED_SESSION_S: '60',
  ANONYMOUS_SESSION_S: '60',
  PLAN_S: '60',
  CLEANUP_EVERY_S: '5',
};

/** Measures the sizes of the tables in each of ten minutes at full load. */
export async function sizes({ databaseUrl }: BenchEnvironment, product: Product): Promise<string> {
  const client = new pg.Client(databaseUrl);
  const driver = new Driver();
  await client.connect();
  try {
    await product.serve('gateway', LIFETIMES);
    return sizesTable(await sampleSizes({ client, driver, url: product.url }));
  } finally {
    driver.stop();
    await client.end();
    await product.serve('gateway', {});
  }
}

interface Tools {
  readonly client: pg.Client;
  readonly driver: Driver;
  readonly url: string;
}

async function sampleSizes({ client, driver, url }: Tools): Promise<SizeSample[]> {
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
