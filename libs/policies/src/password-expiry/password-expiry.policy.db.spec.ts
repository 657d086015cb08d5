import type { PolicyRequest } from '@gatehouse/contracts';
import { DIRECTORY_SCHEMA, PolicyUserRepository } from '@gatehouse/directory';
import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { migratedDatabase } from '../../../../test/support/postgres.js';
import { ALICE, policyInput } from '../../testing/index.js';
import { passwordExpiryContract } from './password-expiry.contract.js';
import { PasswordExpiryPolicy } from './password-expiry.policy.js';

let database: Awaited<ReturnType<typeof migratedDatabase>>;
let source: DataSource;
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({ url: database.url, schema: DIRECTORY_SCHEMA, poolSize: 1 });
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

let uuid: string;
beforeEach(async () => {
  await source.query('DELETE FROM directory.users');
  const [row] = await source.query<{ id: string }[]>(
    `INSERT INTO directory.users (username, password_hash, password_changed_at)
     VALUES ('alice', 'hash', now() - interval '10 days 1 hour') RETURNING id`,
  );
  uuid = row!.id;
});

const ask = (config: object, { user = { ...ALICE, uuid }, ...more }: Partial<PolicyRequest> = {}) =>
  new PasswordExpiryPolicy(new PolicyUserRepository(source)).evaluate(
    policyInput(passwordExpiryContract, { config: { ...config }, request: { user, ...more } }),
  );
const storedHash = async () => {
  const [row] = await source.query<{ password_hash: string }[]>('SELECT password_hash FROM directory.users');
  return row?.password_hash;
};

it('the password expiry policy passes for a recent password', async () => {
  expect(await ask({ days: 11 })).toEqual({ pass: true });
  expect(await storedHash()).toBe('hash');
});

it('refuses an expired password and keeps it with deny_only', async () => {
  expect(await ask({ days: 10, deny_only: true })).toEqual({ pass: false, messages: ['Password has expired.'] });
  expect(await storedHash()).toBe('hash');
});

it('makes an expired password unusable, by replacing its hash by "!"', async () => {
  const messages = ['Password expired 3 days ago. Please update your password.'];
  expect(await ask({ days: 7 })).toEqual({ pass: false, messages });
  expect(await storedHash()).toBe('!');
  expect(await new PolicyUserRepository(source).find({}, 1)).toMatchObject([{ has_usable_password: false }]);
});

it('leaves the empty hash of a user who never had a password', async () => {
  await source.query(`UPDATE directory.users SET password_hash = ''`);
  expect(await ask({ days: 7 })).toMatchObject({ pass: false });
  expect(await storedHash()).toBe('');
});

it.each(['shadow', 'preview'] as const)(
  'keeps an expired password in an evaluation that is not enforced: %s',
  async (dry_run) => {
    expect(await ask({ days: 7 }, { dry_run })).toMatchObject({ pass: false });
    expect(await storedHash()).toBe('hash');
  },
);

it('does not delete a password that was changed concurrently', async () => {
  const users = new PolicyUserRepository(source);
  const changed = await users.findPasswordChange(uuid);
  await source.query('UPDATE directory.users SET password_changed_at = now()');
  await users.expirePassword(uuid, changed!);
  expect(await storedHash()).toBe('hash');
});

it('the password expiry policy passes for a user who is not saved', async () => {
  const pretendedUser = { kind: 'pretended', username: 'nobody', email: '' } as never;
  expect(await ask({ days: 0 }, { user: pretendedUser })).toEqual({ pass: true });
});
