import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isProcessAlive } from '@gatehouse/platform';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPostgres } from './local-postgres.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-local-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('openPostgres starts a server after a crash, even if another process has the process id of the old server', async () => {
  const env = { GATEHOUSE_DIR: folder };
  // No server listens on port 1, which no process gets by chance.
  const url = 'postgres://postgres:x@127.0.0.1:1/postgres';
  await writeFile(join(folder, 'postgres.json'), JSON.stringify({ url, pid: process.pid }));
  const opened = await openPostgres(env);
  try {
    expect(opened.url).not.toBe(url);
    const second = await openPostgres(env);
    expect(second.url).toBe(opened.url);
    await second.stop();
  } finally {
    await opened.stop();
  }
}, 60_000);

it('openPostgres starts a server if its file is empty, and with takesOver stops a server of a killed process', async () => {
  const env = { GATEHOUSE_DIR: folder };
  const file = join(folder, 'postgres.json');
  await writeFile(file, '');
  const left = await openPostgres(env);
  const written = JSON.parse(await readFile(file, 'utf8')) as { pid: number };
  await writeFile(file, JSON.stringify({ ...written, startedBy: spawnSync('true').pid }));
  // A command uses the server of the killed process and does not stop it, because another command may use it too.
  await (await openPostgres(env)).stop();
  expect(isProcessAlive(written.pid)).toBe(true);
  const opened = await openPostgres(env, { takesOver: true });
  expect(opened.url).toBe(left.url);
  await (await openPostgres(env)).stop();
  expect(isProcessAlive(written.pid)).toBe(true);
  await opened.stop();
  expect(isProcessAlive(written.pid)).toBe(false);
  await left.stop();
}, 60_000);
