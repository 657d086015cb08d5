import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { killWhenParentDies } from '../../../test/support/watchdog.js';
import { type RunningPostgres, startEmbeddedPostgres } from './embedded-postgres.js';

const PASSWORD = 'p@ss/word'; // not-a-secret

let folder: string;
let server: RunningPostgres | undefined;
let stopWatchdog: () => void;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-embedded-'));
  await chmod(folder, 0o755);
});
afterEach(stop);
afterAll(() => rm(folder, { recursive: true }));

/** Starts the server on the cluster of this file, which the first start creates. */
async function start(port?: number): Promise<RunningPostgres> {
  const options = { dataDir: join(folder, 'data'), password: PASSWORD, settings: ['fsync=off'] };
  server = await startEmbeddedPostgres(port === undefined ? options : { ...options, port });
  stopWatchdog = killWhenParentDies(server.pid);
  return server;
}

async function stop(): Promise<void> {
  if (!server) return;
  await server.stop();
  stopWatchdog();
  server = undefined;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

it('an embedded Postgres keeps its data across restarts', async () => {
  const first = await start();
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await stop();
  const second = await start();
  expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

it('an embedded Postgres requires its password, converts the case of Unicode letters, and listens on loopback only', async () => {
  const { url } = await start();
  const wrong = new URL(url);
  wrong.password = 'guessed';
  await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  expect(await query(url, `SELECT lower('ÄLICE Ω') AS lower`)).toEqual([{ lower: 'älice ω' }]);
  expect(await query(url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
});

it('startEmbeddedPostgres throws with the output of Postgres when Postgres does not start', async () => {
  const occupant = createServer().listen(0, '127.0.0.1');
  await once(occupant, 'listening');
  try {
    await expect(start((occupant.address() as AddressInfo).port)).rejects.toThrow(/Address already in use/);
  } finally {
    occupant.close();
  }
});
