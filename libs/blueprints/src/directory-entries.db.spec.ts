import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const outcomes = (...lines: string[]) => harness.outcomes(entries(...lines));
/** Applies entries with the fields of authentik 2026.8. */
async function newerOutcomes(...lines: string[]): Promise<string[]> {
  const { files } = await harness.applyAs({ apiVersion: '2026.8' }, entries(...lines));
  return files.flatMap(({ changes }) => changes.map(({ outcome, name }) => `${outcome} ${name}`));
}
const user = (attrs: string, name = 'ann') =>
  `{model: authentik_core.user, id: ${name}, identifiers: {username: ${name}}, attrs: {name: Ann, ${attrs}}}`;
const group = (name: string, attrs = '') =>
  `{model: authentik_core.group, id: ${name}, identifiers: {name: ${name}}, attrs: {${attrs}}}`;
const token = (attrs: string) =>
  `{model: authentik_core.token, identifiers: {identifier: key}, attrs: {user: !KeyOf ann, ${attrs}}}`;
const firstRow = async <R>(sql: string) => (await harness.query<R>(sql))[0];

const absent = (model: string, identifier: string) =>
  `{model: authentik_core.${model}, state: absent, identifiers: {${identifier}}}`;

describe('users, groups and tokens in blueprints', () => {
  it('creates a user with a hashed password and groups, and changes nothing the second time', async () => {
    const file = [
      group('staff', 'is_superuser: true'),
      user('email: a@b.c, password: pw, groups: [!KeyOf staff]'),
    ] as const;
    expect(await outcomes(...file)).toEqual(['created staff', 'created ann']);
    expect(await outcomes(...file)).toEqual(['unchanged staff', 'unchanged ann']);
    expect(await firstRow('SELECT email, password_hash, type, path FROM directory.users')).toEqual({
      email: 'a@b.c',
      password_hash: 'hash of pw',
      type: 'internal',
      path: 'users',
    });
    expect(await firstRow('SELECT is_superuser FROM directory.identities')).toEqual({ is_superuser: true });
  });

  it('ends sessions when the password changes, and keeps the password when the entry has none', async () => {
    const epoch = async () =>
      (await firstRow<{ epoch: number }>('SELECT epoch FROM directory.users'))?.epoch ?? Number.NaN;
    await outcomes(user('password: pw'));
    const before = await epoch();
    expect(await outcomes(user('password: null'))).toEqual(['unchanged ann']);
    expect(await epoch()).toBe(before);
    expect(await outcomes(user('password: other'))).toEqual(['changed ann']);
    expect(await epoch()).toBe(before + 1);
    expect(await firstRow('SELECT password_hash FROM directory.users')).toEqual({ password_hash: 'hash of other' });
  });

  it('sets is_active, which cancels a pending activation by mail', async () => {
    const awaits = async () =>
      (await firstRow<{ awaits_flow: string | null }>('SELECT awaits_flow FROM directory.users'))!;
    await outcomes(user('is_active: false'));
    await harness.query('UPDATE directory.users SET awaits_flow = gen_random_uuid()');
    expect(await outcomes(user('email: ""'))).toEqual(['unchanged ann']);
    expect((await awaits()).awaits_flow).not.toBeNull();
    expect(await outcomes(user('is_active: false'))).toEqual(['unchanged ann']);
    expect(await awaits()).toEqual({ awaits_flow: null });
  });

  it('marks the email address of an entry as verified, even if the address is unchanged', async () => {
    const verified = () => firstRow('SELECT verified_email FROM directory.users');
    await outcomes(user('email: a@b.c'));
    expect(await verified()).toEqual({ verified_email: 'a@b.c' });
    await harness.query(`UPDATE directory.users SET verified_email = ''`);
    await outcomes(user('type: external'));
    expect(await verified()).toEqual({ verified_email: '' });
    await outcomes(user('email: a@b.c'));
    expect(await verified()).toEqual({ verified_email: 'a@b.c' });
  });

  it.each([
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA',
    'argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdHNhbHQ$aGFzaA',
    'pbkdf2_sha256$720000$salt$aGFzaA==',
    'pbkdf2_sha1$720000$salt$aGFzaA==',
    'bcrypt_sha256$$2b$12$yG4kQ0f1ZbX2mN8cT6vW3uAz9vczTVB5oPRJAawRUYfjY7W9z71WO',
    'scrypt$16384$salt$8$1$aGFzaA==',
    '!unusable',
  ])('stores a password hash unchanged: %s', async (hash) => {
    await outcomes(user(`password_hash: "${hash}"`));
    expect(await firstRow('SELECT password_hash FROM directory.users')).toEqual({ password_hash: hash });
  });

  it('refuses a password together with a hash', async () => {
    await expect(outcomes(user('password: a, password_hash: b'))).rejects.toThrow(
      'password_hash: Cannot set both password and password_hash. Use only one.',
    );
    await expect(outcomes(user('password_hash: b'))).rejects.toThrow('password_hash: Invalid password hash format.');
  });

  it('finds a user by contained attributes, and keeps the fields that the entry does not set', async () => {
    await outcomes(user('attributes: {team: {id: 3, floor: 1}}, email: a@b.c'));
    const byAttributes = `{model: authentik_core.user, identifiers: {attributes: {team: {id: 3}}}, attrs: {is_active: false}}`;
    expect(await outcomes(byAttributes)).toEqual(['changed ann']);
    expect(await firstRow('SELECT is_active, email FROM directory.users')).toEqual({
      is_active: false,
      email: 'a@b.c',
    });
  });

  it('changes an existing user without a name, unless the entry sets the name to an empty text', async () => {
    await harness.query(`INSERT INTO directory.users (username, email) VALUES ('ann', 'not an address')`);
    const entry = (attrs: string) => `{model: authentik_core.user, identifiers: {username: ann}, attrs: {${attrs}}}`;
    const stored = () => firstRow('SELECT name, email, type FROM directory.users');
    expect(await outcomes(group('staff'), entry('groups: [!KeyOf staff], type: external'))).toEqual([
      'created staff',
      'changed ann',
    ]);
    expect(await firstRow('SELECT count(*)::int AS n FROM directory.user_groups')).toEqual({ n: 1 });
    expect(await stored()).toEqual({ name: '', email: 'not an address', type: 'external' });
    expect(await outcomes(entry('groups: []'))).toEqual(['changed ann']);
    await expect(outcomes(entry('name: ""'))).rejects.toThrow('name: This field may not be blank.');
    await expect(outcomes(entry('email: none'))).rejects.toThrow('Enter a valid email address.');
    expect(await outcomes(entry('name: Ann'))).toEqual(['changed ann']);
    expect(await stored()).toEqual({ name: 'Ann', email: 'not an address', type: 'external' });
  });

  it('replaces the members of a group', async () => {
    const file = [user(''), user('', 'bob'), group('g', 'users: [!KeyOf ann, !KeyOf bob]')] as const;
    await outcomes(...file);
    expect(await outcomes(...file)).toEqual(['unchanged ann', 'unchanged bob', 'unchanged g']);
    expect(await outcomes(user('', 'bob'), group('g', 'users: [!KeyOf bob]'))).toEqual(['unchanged bob', 'changed g']);
    expect(await firstRow('SELECT count(*)::int AS n FROM directory.user_groups')).toEqual({ n: 1 });
  });

  it('stores only the hash of a token, and changes nothing the second time', async () => {
    const file = [user(''), token('key: sesame, intent: app_password, expiring: false')] as const;
    expect(await outcomes(...file)).toEqual(['created ann', 'created key']);
    expect(await outcomes(...file)).toEqual(['unchanged ann', 'unchanged key']);
    expect(await firstRow('SELECT key_hash, expires, intent FROM directory.tokens')).toEqual({
      key_hash: createHash('sha256').update('sesame').digest(),
      expires: null,
      intent: 'app_password',
    });
    expect(await outcomes(user(''), token('key: other'))).toEqual(['unchanged ann', 'changed key']);
  });

  it('sets several parents of a group, and keeps them if an entry does not name them', async () => {
    const parents = async () => {
      const [row] = await harness.query<{ names: string[] }>(`SELECT ARRAY(
        SELECT p.name FROM directory.groups p WHERE p.id = g.parent_id OR p.id = ANY (g.other_parents) ORDER BY 1) AS names
        FROM directory.groups g WHERE name = 'g'`);
      return row?.names;
    };
    const base = [group('a'), group('b'), group('c')];
    expect(await newerOutcomes(...base, group('g', 'parents: [!KeyOf a, !KeyOf b]'))).toContain('created g');
    expect(await parents()).toEqual(['a', 'b']);
    expect(await newerOutcomes(...base, group('g', 'parents: [!KeyOf a, !KeyOf b], parent: !KeyOf b'))).toContain(
      'unchanged g',
    );
    expect(await newerOutcomes(...base, group('g', 'is_superuser: false'))).toContain('unchanged g');
    expect(await newerOutcomes(...base, group('g', 'parent: !KeyOf c'))).toContain('changed g');
    expect(await parents()).toEqual(['c']);
    expect(await newerOutcomes(...base, group('g', 'parent: null'))).toContain('changed g');
    expect(await parents()).toEqual([]);
  });

  it('refuses several parents in 2024.8', async () => {
    await expect(outcomes(group('a'), group('g', 'parents: [!KeyOf a]'))).rejects.toThrow(
      'parents: the field parents is new in authentik 2026.8. Set API_VERSION=2026.8 to use it',
    );
  });

  it.each([
    [
      'one that does not exist',
      [group('a'), group('g', 'parents: [!KeyOf a, 8f14e45f-ceea-467f-a8d5-3c1b6f1a2b3c]')],
      'parents.1: Invalid pk',
    ],
    [
      'a second parent that would make the group its own ancestor',
      [group('a'), group('g', 'parents: [!KeyOf a]'), group('b'), group('a', 'parents: [!KeyOf b, !KeyOf g]')],
      'parents.1: Cannot set group as parent of itself.',
    ],
    [
      'a `parent` that is not one of the `parents`',
      [group('a'), group('b'), group('g', 'parent: !KeyOf a, parents: [!KeyOf b]')],
      'parent: The group is not one of the parents.',
    ],
  ])('refuses in a list of parents: %s', async (_, lines, message) => {
    await expect(newerOutcomes(...lines)).rejects.toThrow(message);
  });

  it('replaces the pk that an earlier entry gives a user in reference fields, and only there', async () => {
    const named = (model: string, name: string, attrs = '') =>
      `{model: authentik_${model}, id: ${name}, identifiers: {name: ${name}}, attrs: {${attrs}}}`;
    await outcomes(
      '{model: authentik_core.user, identifiers: {pk: 99990, username: ann}, attrs: {name: Ann, attributes: {a: 99990}}}',
      group('staff', 'users: [99990]'),
      '{model: authentik_flows.flow, id: login, identifiers: {slug: login}, attrs: {name: L, title: L, designation: authentication}}',
      named('stages_dummy.dummystage', 'page'),
      named('policies_dummy.dummypolicy', 'rule', 'wait_min: 99990, wait_max: 99991'),
      '{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf login, stage: !KeyOf page, order: 99990}}',
      '{model: authentik_policies.policybinding, identifiers: {target: !KeyOf login, user: 99990, order: 99990}}',
    );
    const ann = await firstRow<{ id: string; attributes: object }>('SELECT id, attributes FROM directory.users');
    expect(ann?.attributes).toEqual({ a: 99_990 });
    expect(await harness.query('SELECT user_id FROM directory.user_groups')).toEqual([{ user_id: ann?.id }]);
    const { steps, guard } = (await harness.currentVersion('login'))!.document;
    expect(steps).toMatchObject([{ order: 99_990 }]);
    expect(guard.bindings).toMatchObject([{ user: ann?.id, order: 99_990 }]);
  });

  it('resolves !KeyOf and !Find to the named user, even if an earlier entry takes the pk that was foreseen for the user', async () => {
    await outcomes(user(''));
    const { pk = 0 } = (await firstRow<{ pk: number }>('SELECT pk FROM directory.users')) ?? {};
    await outcomes(
      `{model: authentik_core.user, identifiers: {pk: ${pk + 2}, username: bob}, attrs: {name: Bob}}`,
      user('', 'cid'),
      group('staff', 'users: [!KeyOf cid]'),
      group('admins', 'users: [!Find [authentik_core.user, [username, cid]]]'),
    );
    expect(
      await harness.query('SELECT u.username FROM directory.user_groups g JOIN directory.users u ON u.id = g.user_id'),
    ).toEqual([{ username: 'cid' }, { username: 'cid' }]);
  });

  it('removes objects whose state is absent', async () => {
    await outcomes(user(''), token('intent: api'), group('g'));
    expect(
      await outcomes(absent('token', 'identifier: key'), absent('user', 'username: ann'), absent('group', 'name: g')),
    ).toEqual(['removed key', 'removed ann', 'removed g']);
  });

  it('refuses to change a token with a scope, but can remove it', async () => {
    await outcomes(user(''), token('key: sesame, intent: api'));
    await harness.query(
      `UPDATE directory.tokens SET scope = 'flows', expiring = true, expires = now() + interval '1 day'`,
    );
    const before = await firstRow('SELECT * FROM directory.tokens');
    for (const attrs of ['key: other', 'intent: app_password', 'expiring: false', 'description: mine'])
      await expect(outcomes(user(''), token(attrs))).rejects.toThrow('no blueprint changes one');
    expect(await firstRow('SELECT * FROM directory.tokens')).toEqual(before);
    expect(await outcomes(absent('token', 'identifier: key'))).toEqual(['removed key']);
  });

  it.each([
    ['an invalid email address', [user('email: nobody')], 'email: Enter a valid email address.'],
    ['a user in an unknown group', [user('groups: [8f14e45f-ceea-467f-a8d5-3c1b6f1a2b3c]')], 'groups: Invalid pk'],
    [
      'a group with an unknown parent',
      [group('g', 'parent: 8f14e45f-ceea-467f-a8d5-3c1b6f1a2b3c')],
      'parent: Invalid pk',
    ],
    [
      'a group as its own parent',
      [group('g'), group('g', 'parent: !KeyOf g')],
      'parent: Cannot set group as parent of itself.',
    ],
    ['a token without intent', [user(''), token('')], 'intent: The intent is missing. Use api or app_password.'],
    [
      'a token with an unknown intent',
      [user(''), token('intent: recovery')],
      'intent: recovery is not an intent. Use api or app_password.',
    ],
    [
      'a token with a scope',
      [user(''), token('intent: api, scope: flows')],
      'scope: Only `npm run user -- create-token`',
    ],
    [
      'a token without user',
      ['{model: authentik_core.token, identifiers: {identifier: k}, attrs: {intent: api}}'],
      'user: The user is missing. Set it to the number of a user.',
    ],
    [
      'a token for another user',
      [
        user(''),
        user('', 'bob'),
        token('intent: api'),
        '{model: authentik_core.token, identifiers: {identifier: key}, attrs: {user: !KeyOf bob}}',
      ],
      'user: The user of a token cannot be changed. Create another token.',
    ],
    ['a username that differs from another only in case', [user(''), user('', 'ANN')], 'must be unique'],
  ])('refuses %s', async (_, lines, message) => {
    await expect(outcomes(...lines)).rejects.toThrow(message);
  });
});
