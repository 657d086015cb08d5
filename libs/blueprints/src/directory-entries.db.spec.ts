import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let bed: BlueprintHarness;
beforeAll(async () => {
  bed = await BlueprintHarness.open();
});
afterAll(() => bed?.close());
beforeEach(() => bed.empty());

const outcomes = (...lines: string[]) => bed.outcomes(entries(...lines));
const user = (attrs: string, name = 'ann') =>
  `{model: authentik_core.user, id: ${name}, identifiers: {username: ${name}}, attrs: {name: Ann, ${attrs}}}`;
const group = (name: string, attrs = '') =>
  `{model: authentik_core.group, id: ${name}, identifiers: {name: ${name}}, attrs: {${attrs}}}`;
const token = (attrs: string) =>
  `{model: authentik_core.token, identifiers: {identifier: key}, attrs: {user: !KeyOf ann, ${attrs}}}`;
const one = async <R>(sql: string) => (await bed.query<R>(sql))[0];

describe('users, groups and tokens in blueprints', () => {
  it('creates a user with a hashed password and groups, once', async () => {
    const file = [
      group('staff', 'is_superuser: true'),
      user('email: a@b.c, password: pw, groups: [!KeyOf staff]'),
    ] as const;
    expect(await outcomes(...file)).toEqual(['created staff', 'created ann']);
    expect(await outcomes(...file)).toEqual(['left staff', 'left ann']);
    expect(await one('SELECT email, password_hash, type, path FROM directory.users')).toEqual({
      email: 'a@b.c',
      password_hash: 'hash of pw',
      type: 'internal',
      path: 'users',
    });
    expect(await one('SELECT is_superuser FROM directory.identities')).toEqual({ is_superuser: true });
  });

  it('ends sessions when a password is another one, and leaves it alone when none is given', async () => {
    const epoch = async () => (await one<{ epoch: number }>('SELECT epoch FROM directory.users'))?.epoch ?? Number.NaN;
    await outcomes(user('password: pw'));
    const before = await epoch();
    expect(await outcomes(user('password: null'))).toEqual(['left ann']);
    expect(await epoch()).toBe(before);
    expect(await outcomes(user('password: other'))).toEqual(['changed ann']);
    expect(await epoch()).toBe(before + 1);
    expect(await one('SELECT password_hash FROM directory.users')).toEqual({ password_hash: 'hash of other' });
  });

  it('decides whether a user is active, also one who waits for a mail and is not', async () => {
    const awaits = async () => (await one<{ awaits_flow: string | null }>('SELECT awaits_flow FROM directory.users'))!;
    await outcomes(user('is_active: false'));
    await bed.query('UPDATE directory.users SET awaits_flow = gen_random_uuid()');
    expect(await outcomes(user('email: ""'))).toEqual(['left ann']);
    expect((await awaits()).awaits_flow).not.toBeNull();
    expect(await outcomes(user('is_active: false'))).toEqual(['left ann']);
    expect(await awaits()).toEqual({ awaits_flow: null });
  });

  it.each([
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA',
    'argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdHNhbHQ$aGFzaA',
    'pbkdf2_sha256$720000$salt$aGFzaA==',
    'pbkdf2_sha1$720000$salt$aGFzaA==',
    'bcrypt_sha256$$2b$12$yG4kQ0f1ZbX2mN8cT6vW3uAz9vczTVB5oPRJAawRUYfjY7W9z71WO',
    'scrypt$16384$salt$8$1$aGFzaA==',
    '!unusable',
  ])('takes a hash as it is: %s', async (hash) => {
    await outcomes(user(`password_hash: "${hash}"`));
    expect(await one('SELECT password_hash FROM directory.users')).toEqual({ password_hash: hash });
  });

  it('takes a password or a hash', async () => {
    await expect(outcomes(user('password: a, password_hash: b'))).rejects.toThrow('password_hash: Only one of');
  });

  it('finds by contained attributes and keeps what was there', async () => {
    await outcomes(user('attributes: {team: {id: 3, floor: 1}}, email: a@b.c'));
    const found = `{model: authentik_core.user, identifiers: {attributes: {team: {id: 3}}}, attrs: {is_active: false}}`;
    expect(await outcomes(found)).toEqual(['changed ann']);
    expect(await one('SELECT is_active, email FROM directory.users')).toEqual({ is_active: false, email: 'a@b.c' });
  });

  it('makes the named users the members of a group', async () => {
    const file = [user(''), user('', 'bob'), group('g', 'users: [!KeyOf ann, !KeyOf bob]')] as const;
    await outcomes(...file);
    expect(await outcomes(...file)).toEqual(['left ann', 'left bob', 'left g']);
    expect(await outcomes(user('', 'bob'), group('g', 'users: [!KeyOf bob]'))).toEqual(['left bob', 'changed g']);
    expect(await one('SELECT count(*)::int AS n FROM directory.user_groups')).toEqual({ n: 1 });
  });

  it('keeps only the hash of a token, once', async () => {
    const file = [user(''), token('key: sesame, intent: app_password, expiring: false')] as const;
    expect(await outcomes(...file)).toEqual(['created ann', 'created key']);
    expect(await outcomes(...file)).toEqual(['left ann', 'left key']);
    expect(await one('SELECT key_hash, expires, intent FROM directory.tokens')).toEqual({
      key_hash: createHash('sha256').update('sesame').digest(),
      expires: null,
      intent: 'app_password',
    });
    expect(await outcomes(user(''), token('key: other'))).toEqual(['left ann', 'changed key']);
  });

  it('removes what shall be absent', async () => {
    await outcomes(user(''), token('intent: api'), group('g'));
    const gone = (model: string, identifier: string) =>
      `{model: authentik_core.${model}, state: absent, identifiers: {${identifier}}}`;
    expect(
      await outcomes(gone('token', 'identifier: key'), gone('user', 'username: ann'), gone('group', 'name: g')),
    ).toEqual(['removed key', 'removed ann', 'removed g']);
  });

  it.each([
    ['a bad address', [user('email: nobody')], 'email: Enter a valid email address.'],
    ['a group that is not there', [user('groups: [8f14e45f-ceea-467f-a8d5-3c1b6f1a2b3c]')], 'groups: Invalid pk'],
    ['a parent that is not there', [group('g', 'parent: 8f14e45f-ceea-467f-a8d5-3c1b6f1a2b3c')], 'parent: Invalid pk'],
    [
      'a group above itself',
      [group('g'), group('g', 'parent: !KeyOf g')],
      'parent: Cannot set group as parent of itself.',
    ],
    ['a token without intent', [user(''), token('')], 'intent: Missing intent'],
    ['a token of another intent', [user(''), token('intent: recovery')], 'intent: Invalid intent recovery'],
    [
      'a token without user',
      ['{model: authentik_core.token, identifiers: {identifier: k}, attrs: {intent: api}}'],
      'user: Missing user',
    ],
    [
      'a token that changes hands',
      [
        user(''),
        user('', 'bob'),
        token('intent: api'),
        '{model: authentik_core.token, identifiers: {identifier: key}, attrs: {user: !KeyOf bob}}',
      ],
      'user: User cannot be changed',
    ],
    ['a name that only differs in case', [user(''), user('', 'ANN')], 'must be unique'],
  ])('refuses %s', async (_, lines, message) => {
    await expect(outcomes(...lines)).rejects.toThrow(message);
  });
});
