import { mkdtemp, readdir, readFile, readlink, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CommandError } from './command-error.js';
import { openLocalState, pseudonymKeyOf, sealKeysOf } from './local-state.js';

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-state-'));
  env = { GATEHOUSE_DIR: folder };
});
afterEach(() => rm(folder, { recursive: true }));

it('openLocalState generates secrets once, and adds those that a later version needs', async () => {
  const { sealKey } = await openLocalState(env);
  const file = join(folder, 'secrets.json');
  await writeFile(file, JSON.stringify({ sealKey }));
  const second = await openLocalState(env);
  expect(second.sealKey).toBe(sealKey);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ sealKey, mfaSealKey: second.mfaSealKey });
});

it('processes that start at the same time get the same secrets, and leave no temporary file', async () => {
  const [first, ...others] = await Promise.all([openLocalState(env), openLocalState(env), openLocalState(env)]);
  expect(others).toEqual([first, first]);
  expect(await openLocalState(env)).toEqual(first);
  expect(await readdir(folder)).toEqual(['secrets.json']);
});

it('processes of a later version that start at the same time add the same secrets', async () => {
  const file = join(folder, 'secrets.json');
  await writeFile(file, JSON.stringify({ sealKey: 's' }));
  const [first, ...others] = await Promise.all([openLocalState(env), openLocalState(env), openLocalState(env)]);
  expect(others).toEqual([first, first]);
  expect(await openLocalState(env)).toEqual({ ...first, sealKey: 's' });
  expect(await readdir(folder)).toEqual(['secrets.json']);
});

it('after a process was killed while it added secrets, the error names the lock file to remove', async () => {
  const lock = join(folder, 'secrets.json.lock');
  await writeFile(join(folder, 'secrets.json'), JSON.stringify({ sealKey: 's' }));
  await writeFile(lock, '');
  for (const time of [Date.now() / 1000 - 11, Date.now() / 1000 + 3600]) {
    await utimes(lock, time, time);
    await expect(openLocalState(env)).rejects.toThrow(`remove ${lock}, and start again`);
  }
  await rm(lock);
  expect(await openLocalState(env)).toMatchObject({ sealKey: 's' });
});

it('pseudonymKeyOf returns the key of the settings or of an earlier start, and never generates one', async () => {
  expect(await pseudonymKeyOf({ ...env, SECRET_KEY: 's', PSEUDONYM_KEY: 'p' })).toBe('p');
  expect(await pseudonymKeyOf({ ...env, SECRET_KEY: 's' })).toBe('s');
  await expect(pseudonymKeyOf(env)).rejects.toThrow(
    `Set PSEUDONYM_KEY, or SECRET_KEY, to the value that the gateways have.`,
  );
  expect(await readdir(folder)).toEqual([]);
  const { secretKey } = await openLocalState(env);
  expect(await pseudonymKeyOf(env)).toBe(secretKey);
});

it('secrets that cannot be read are never replaced, because what they encrypt would be lost', async () => {
  const file = join(folder, 'secrets.json');
  // Unlike missing permissions, a link to itself stops root too.
  await symlink(file, file);
  const refusal = `${file} cannot be read: ELOOP`;
  await expect(openLocalState(env)).rejects.toThrow(refusal);
  await expect(sealKeysOf(env)).rejects.toThrow(refusal);
  expect(await readlink(file)).toBe(file);
});

it.each(['', '{"sealKey":"a', 'null'])('a damaged file of secrets is reported and kept: %j', async (text) => {
  const file = join(folder, 'secrets.json');
  await writeFile(file, text);
  await expect(openLocalState(env)).rejects.toThrow(`${file} is damaged. Put back a copy`);
  await expect(sealKeysOf(env)).rejects.toThrow(CommandError);
  expect(await readFile(file, 'utf8')).toBe(text);
});
