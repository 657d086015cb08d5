import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { killWhenParentDies } from '../../../test/support/watchdog.js';
import { type EmbeddedPostgresOptions, type RunningPostgres, startEmbeddedPostgres } from './embedded-postgres.js';

let folder: string;
let started: { server: RunningPostgres; stopWatchdog: () => void }[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-embedded-'));
  await chmod(folder, 0o755);
  started = [];
});
afterEach(async () => {
  for (const { server, stopWatchdog } of started) {
    await server.stop();
    stopWatchdog();
  }
  await rm(folder, { recursive: true });
});

async function start(overrides: Partial<EmbeddedPostgresOptions> = {}): Promise<RunningPostgres> {
  const options = { dataDir: join(folder, 'data'), password: 'p@ss/word', settings: ['fsync=off'], ...overrides };
  const server = await startEmbeddedPostgres(options);
  started.push({ server, stopWatchdog: killWhenParentDies(server.pid) });
  return server;
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

it('keeps its data across restarts', async () => {
  const first = await start();
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await first.stop();
  const second = await start();
  expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

it('requires its password, converts the case of Unicode letters, and listens on the loopback interface only', async () => {
  const { url } = await start();
  const wrong = new URL(url);
  wrong.password = 'guessed';
  await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  expect(await query(url, `SELECT lower('ÄLICE Ω') AS lower`)).toEqual([{ lower: 'älice ω' }]);
  expect(await query(url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
});

it('throws with the output of Postgres when Postgres does not start', async () => {
  const { url } = await start();
  const port = Number(new URL(url).port);
  await expect(start({ dataDir: join(folder, 'other'), port })).rejects.toThrow(/Address already in use/);
});
