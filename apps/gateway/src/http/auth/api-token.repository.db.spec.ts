import { type DirectoryUser, TypeormDirectoryStore } from '@gatehouse/directory';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiTokenRepository } from './api-token.repository.js';

let database: Awaited<ReturnType<typeof flowDatabase>>;
let source: DataSource;
let directory: TypeormDirectoryStore;
let tokens: ApiTokenRepository;
let bot: DirectoryUser;

beforeAll(async () => {
  database = await flowDatabase();
  ({ source } = database);
  directory = new TypeormDirectoryStore(source.manager);
  tokens = new ApiTokenRepository(source, { AVATARS: 'none' });
  bot = await directory.createUser({ username: 'bot', type: 'internal_service_account' });
});
afterAll(() => database.close());

let created = 0;
async function createToken(
  user: DirectoryUser,
  options: Partial<Parameters<TypeormDirectoryStore['createToken']>[0]> = {},
) {
  const key = `key-${++created}-of-sixty-characters-at-least-as-the-directory-creates-them`;
  const { pk } = await directory.createToken({ identifier: key, intent: 'api', user: user.pk, key, ...options });
  return { key, pk };
}

it('the user of an API token is found by its key', async () => {
  const { key } = await createToken(bot);

  expect(await tokens.findUser(key)).toMatchObject({
    ...{ kind: 'saved', uuid: bot.uuid, pk: bot.pk, username: 'bot', type: 'internal_service_account' },
    ...{ is_superuser: false, groups: [], settings: {} },
  });
});

it('no user is found by a prefix of a key or by its stored hash (accident 47)', async () => {
  const { key } = await createToken(bot);
  const [row] = await source.query<{ hash: string }[]>(
    `SELECT encode(key_hash, 'hex') AS hash FROM directory.tokens WHERE identifier = $1`,
    [key],
  );
  const prefixes = Array.from(key, (_, i) => key.slice(0, i));
  const wrong = [...prefixes, `${key}x`, ` ${key}`, key.toUpperCase(), row!.hash, `\\x${row!.hash}`];

  for (const guess of wrong) expect(await tokens.findUser(guess)).toBeUndefined();
});

it.each(['app_password', 'verification', 'recovery'] as const)(
  'no user is found by a token with the intent %s',
  async (intent) => {
    const { key } = await createToken(bot, { intent });

    expect(await tokens.findUser(key)).toBeUndefined();
  },
);

it('no user is found by an expired token, even before the cleaner runs (accident 15)', async () => {
  const { key, pk } = await createToken(bot);
  await directory.updateToken(pk, { expires: new Date(Date.now() - 1000) });
  expect(await tokens.findUser(key)).toBeUndefined();
  await directory.updateToken(pk, { expires: null });
  expect(await tokens.findUser(key)).toBeUndefined();
  await directory.updateToken(pk, { expiring: false });

  expect(await tokens.findUser(key)).toBeDefined();
});

it('no disabled or deleted user is found by a token (accident 13)', async () => {
  const user = await directory.createUser({ username: 'leaving' });
  const { key } = await createToken(user);
  await directory.updateUser(user.pk, { is_active: false });
  expect(await tokens.findUser(key)).toBeUndefined();
  await directory.removeUser(user.pk);

  expect(await tokens.findUser(key)).toBeUndefined();
});

it('a scoped token is found with its scope, but not by findUser, which accepts no scope', async () => {
  const expires = new Date(Date.now() + 60_000);
  const { key, pk } = await createToken(bot, { scope: 'flows', expires });
  expect(await tokens.find(key)).toMatchObject({ user: { uuid: bot.uuid }, token: { pk, scope: 'flows' } });
  expect(await tokens.findUser(key)).toBeUndefined();
  await directory.updateToken(pk, { expires: new Date(Date.now() - 1000) });

  expect(await tokens.find(key)).toBeUndefined();
});

it('a token without a scope is found with its id', async () => {
  const { key, pk } = await createToken(bot);

  expect((await tokens.find(key))?.token).toEqual({ pk, scope: null });
});
