import pg from 'pg';
import { Driver } from './driver-process.js';
import type { BenchEnvironment } from './environment.js';
import type { Product } from './product.js';

/** The tools with which a scenario measures the database while visits run. */
export interface DatabaseTools {
  readonly client: pg.Client;
  readonly driver: Driver;
  /** Address of the gateway. */
  readonly url: string;
}

interface DatabaseSetup {
  readonly product: Product;
  /** Settings of the gateway during the measurement. */
  readonly env: Readonly<Record<string, string>>;
  /** SQL statements that run before the gateway starts. */
  readonly first?: readonly string[];
}

/** Runs `measure` with a connection to the database, a load generator, and a gateway with settings of its own. */
export async function withDatabaseTools<T>(
  { databaseUrl }: BenchEnvironment,
  { product, env, first = [] }: DatabaseSetup,
  measure: (tools: DatabaseTools) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(databaseUrl);
  const driver = new Driver();
  await client.connect();
  try {
    for (const statement of first) await client.query(statement);
    await product.serve('gateway', env);
    return await measure({ client, driver, url: product.url });
  } finally {
    driver.stop();
    await client.end();
    await product.serve('gateway', {});
  }
}
