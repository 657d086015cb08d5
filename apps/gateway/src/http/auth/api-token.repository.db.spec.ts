import { type DirectoryUser, TypeormDirectoryStore } from '@gatehouse/directory';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiTokenRepository } from './api-token.repository.js';

let database: Awaited<ReturnType<typeof flowDatabase>>;
let source: DataSource;
let register: TypeormDirectoryStore;
let tokens: ApiTokenRepository;
let bot: DirectoryUser;

beforeAll(async () => {
  database = await flowDatabase();
  ({ source } = database);
  register = new TypeormDirectoryStore(source.manager);
  tokens = new ApiTokenRepository(source, { AVATARS: 'none' });
  bot = await register.createUser({ username: 'bot', type: 'internal_service_account' });
});
afterAll(() => database.close());

let made = 0;
async function tokenOf(user: DirectoryUser, more: Partial<Parameters<TypeormDirectoryStore['createToken']>[0]> = {}) {
  const key = `key-${++made}-of-sixty-characters-at-least-as-the-register-draws-them`;
  const { pk } = await register.createToken({ identifier: key, intent: 'api', user: user.pk, key, ...more });
  return { key, pk };
}

it('finds the user of an API token, with what they may see of themselves', async () => {
  const { key } = await tokenOf(bot);

  expect(await tokens.findUser(key)).toMatchObject({
    ...{ kind: 'saved', uuid: bot.uuid, pk: bot.pk, username: 'bot', type: 'internal_service_account' },
    ...{ is_superuser: false, groups: [], settings: {} },
  });
});

it('finds nobody by any beginning of a key, or by what is stored of it (accident 47)', async () => {
  const { key } = await tokenOf(bot);
  const [row] = await source.query<{ hash: string }[]>(
    `SELECT encode(key_hash, 'hex') AS hash FROM directory.tokens WHERE identifier = $1`,
    [key],
  );
  const beginnings = Array.from(key, (_, i) => key.slice(0, i));
  const wrong = [...beginnings, `${key}x`, ` ${key}`, key.toUpperCase(), row!.hash, `\\x${row!.hash}`];

  for (const guess of wrong) expect(await tokens.findUser(guess)).toBeUndefined();
});

it.each(['app_password', 'verification', 'recovery'] as const)('finds nobody by a token for %s', async (intent) => {
  const { key } = await tokenOf(bot, { intent });

  expect(await tokens.findUser(key)).toBeUndefined();
});

it('finds nobody once a token has expired, whoever cleans up (accident 15)', async () => {
  const { key, pk } = await tokenOf(bot);
  await register.updateToken(pk, { expires: new Date(Date.now() - 1000) });
  expect(await tokens.findUser(key)).toBeUndefined();
  await register.updateToken(pk, { expires: null });
  expect(await tokens.findUser(key)).toBeUndefined();
  await register.updateToken(pk, { expiring: false });

  expect(await tokens.findUser(key)).toBeDefined();
});

it('finds nobody who is disabled or gone (accident 13)', async () => {
  const user = await register.createUser({ username: 'leaving' });
  const { key } = await tokenOf(user);
  await register.updateUser(user.pk, { is_active: false });
  expect(await tokens.findUser(key)).toBeUndefined();
  await register.removeUser(user.pk);

  expect(await tokens.findUser(key)).toBeUndefined();
});
