import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TokenScopes1765497600300 } from './migrations/1765497600300-token-scopes.js';
import { TypeormDirectoryStore } from './typeorm-directory-store.js';

const EXPIRES = new Date(Date.now() + 86_400_000);
let database: Awaited<ReturnType<typeof flowDatabase>>;
let user: number;
beforeAll(async () => {
  database = await flowDatabase();
  user = (await new TypeormDirectoryStore(database.source.manager).createUser({ username: 'root' })).pk;
});
afterAll(() => database.close());

const createToken = (identifier: string, fields: object = {}) =>
  new TypeormDirectoryStore(database.source.manager).createToken({
    ...{ identifier, key: `key of ${identifier}`, intent: 'api', user, expires: EXPIRES },
    ...fields,
  });
const identifiersIn = async (view: string) => {
  const rows = await database.source.query<{ identifier: string }[]>(
    `SELECT t.identifier FROM ${view} v JOIN directory.tokens t USING (key_hash) ORDER BY 1`,
  );
  return rows.map(({ identifier }) => identifier);
};

it('scoped tokens are not in the view that a gateway of the previous version reads', async () => {
  await createToken('plain');
  await createToken('scoped', { scope: 'flows' });

  expect(await identifiersIn('directory.api_tokens')).toEqual(['plain']);
  expect(await identifiersIn('directory.scoped_api_tokens')).toEqual(['plain', 'scoped']);
});

it.each([
  ['an unknown scope', { scope: 'users' }],
  ['no expiry', { scope: 'flows', expiring: false }],
  ['another intent', { scope: 'flows', intent: 'app_password' }],
])('scoped tokens are refused by Postgres with %s', async (name, fields) => {
  await expect(createToken(name.replaceAll(' ', '-'), fields)).rejects.toThrow(/tokens_scope/);
});

it('scoped tokens are deleted when the migration is rolled back, because nothing would limit them', async () => {
  const [migration, runner] = [new TokenScopes1765497600300(), database.source.createQueryRunner()];
  await createToken('unscoped-before');
  await createToken('scoped-before', { scope: 'flows' });
  await migration.down(runner);
  const left = await runner.query('SELECT identifier FROM directory.tokens ORDER BY 1');
  const seen = await identifiersIn('directory.api_tokens');
  await migration.up(runner);
  await runner.release();

  expect(left).not.toContainEqual({ identifier: 'scoped-before' });
  expect(seen).toContain('unscoped-before');
});
