import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ASYNC_COMMIT } from './async-commit.js';
import { type RunningPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { openDataSource, runNamed } from './typeorm-data-source.js';

const password = randomBytes(12).toString('hex');
let folder: string;
let server: RunningPostgres;

// This test crashes only the server process, not the machine, so the server needs no fsync.
const start = () => startEmbeddedPostgres({ dataDir: join(folder, 'data'), password, settings: ['fsync=off'] });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-test-'));
  await chmod(folder, 0o755);
  server = await start();
});
afterAll(async () => {
  await server.stop();
  for (const path of [folder, server.dataDir]) await rm(path, { recursive: true, force: true });
});

const open = () => openDataSource({ url: server.url, schema: 'public', poolSize: 1 });
const count = { name: 'count', text: `WITH ${ASYNC_COMMIT} INSERT INTO guesses SELECT 'counted' FROM lazily` };
const save = { name: 'save', text: `INSERT INTO guesses VALUES ('saved')` };
const setting = { name: 'setting', text: `SELECT current_setting('synchronous_commit') AS setting` };

it('an asynchronous commit survives a crash of Postgres that follows a later synchronous commit', async () => {
  const before = await open();
  await before.query('CREATE TABLE guesses (what text)');
  await runNamed(before, count, []);
  expect((await runNamed(before, setting, [])).rows).toEqual([{ setting: 'on' }]);
  await runNamed(before, save, []);
  process.kill(server.pid, 'SIGQUIT');
  await server.stop();
  await before.destroy();

  server = await start();
  const after = await open();
  expect(await after.query('SELECT what FROM guesses')).toEqual([{ what: 'counted' }, { what: 'saved' }]);
  await after.destroy();
});

it('ASYNC_COMMIT turns synchronous_commit off for the statement that contains it', async () => {
  const source = await open();
  const own = {
    name: 'own',
    text: `WITH ${ASYNC_COMMIT} SELECT current_setting('synchronous_commit') AS setting FROM lazily`,
  };
  expect((await runNamed(source, own, [])).rows).toEqual([{ setting: 'off' }]);
  await source.destroy();
});
