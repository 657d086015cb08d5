import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import { verifyPassword } from '@gatehouse/stages/password';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryImporter } from './directory-importer.js';
import { importUsers } from './import-users.js';

/** The hash of the password `hunter2 ` with one iteration. */
const HASH = 'pbkdf2_sha256$1$salt$e6HOJ243pMVAG/mWivCPKCZPkwUPqb9etaTNFqD11/U=';
const [TEAM, STAFF, ALICE] = [randomUUID(), randomUUID(), randomUUID()];

const user = (username: string, fields: object = {}) => ({
  ...{ model: 'authentik_core.user', pk: 7 },
  fields: { username, name: username, email: `${username}@example.org`, password: HASH, ...fields },
});
const group = (pk: string, name: string, fields: object = {}) => ({
  model: 'authentik_core.group',
  pk,
  fields: { name, ...fields },
});

let source: DataSource;
let close: () => Promise<void>;
let folder: string;
beforeAll(async () => {
  const database = await flowDatabase();
  source = database.source;
  close = () => database.close();
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-import-'));
});
afterAll(async () => {
  await close();
  await rm(folder, { recursive: true });
});
beforeEach(() => source.query('TRUNCATE directory.users, directory.groups CASCADE'));

async function imported(...lines: readonly unknown[]) {
  const file = join(folder, 'export.jsonl');
  await writeFile(file, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  return importUsers({ file, importer: new DirectoryImporter(source), progress: () => undefined });
}
const found = async (username: string) =>
  (await source.query<Record<string, unknown>[]>('SELECT * FROM directory.users WHERE username = $1', [username]))[0];

describe('the import of users', () => {
  it('imports users with their id, timestamps, attributes and password hash', async () => {
    const times = {
      last_login: '2024-05-01T10:00:00Z',
      date_joined: '2023-01-02T03:04:05.678',
      password_change_date: '2024-01-01T00:00:00+02:00',
    };
    const fields = {
      uuid: ALICE,
      is_active: false,
      type: 'external',
      path: 'users/x',
      attributes: { settings: { locale: 'de' } },
      ...times,
    };
    expect(await imported(user('alice', fields))).toMatchObject({ users: 1, existing: 0, wrong: 0 });

    const alice = await found('alice');
    expect(alice).toMatchObject({
      ...{ id: ALICE, email: 'alice@example.org', is_active: false, type: 'external', path: 'users/x' },
      ...{ attributes: { settings: { locale: 'de' } }, last_login: new Date(times.last_login) },
      ...{ date_joined: new Date('2023-01-02T03:04:05.678Z'), password_changed_at: new Date('2023-12-31T22:00:00Z') },
    });
    expect(await verifyPassword('hunter2 ', String(alice?.['password_hash']))).not.toBe('wrong');
  });

  it('counts the email addresses of active users as verified, and no others', async () => {
    await imported(user('alice'), user('bob', { is_active: false }));
    expect(await found('alice')).toMatchObject({ verified_email: 'alice@example.org' });
    expect(await found('bob')).toMatchObject({ email: 'bob@example.org', verified_email: '' });
  });

  it('imports usernames that new accounts cannot have, and reserves every other username in all its spellings', async () => {
    const names = ['ali\u200bce', 'rene\u0301', '\uff5aoe', 'zo\u00e9'];
    expect(await imported(...names.map((name) => user(name)))).toMatchObject({ users: 4, wrong: 0 });
    const rows = await source.query('SELECT username, username_key FROM directory.users ORDER BY pk');
    expect(rows).toEqual([
      { username: 'ali\u200bce', username_key: 'ali\u200bce' },
      { username: 'rene\u0301', username_key: 'ren\u00e9' },
      { username: '\uff5aoe', username_key: 'zoe' },
      { username: 'zo\u00e9', username_key: 'zo\u00e9' },
    ]);
  });

  it('imports groups with their parents and members, whatever the order of the lines', async () => {
    const report = await imported(
      ...[
        user('alice', { ak_groups: [TEAM] }),
        group(TEAM, 'team', { parent: STAFF }),
        group(STAFF, 'staff', { is_superuser: true }),
      ],
    );
    expect(report).toMatchObject({ users: 1, groups: 2 });
    const [row] = await source.query(
      'SELECT i.is_superuser, i.groups FROM directory.identities i WHERE username = $1',
      ['alice'],
    );
    expect(row).toEqual({ is_superuser: true, groups: [{ pk: TEAM, name: 'team' }] });
  });

  it('keeps the groups and the pk of users whose names JavaScript and Postgres convert to lower case differently', async () => {
    const names = ['ΟΔΥΣΣΕΥΣ', 'İREM', 'Zoë', 'ÅSA'];
    const [{ pk: taken }] = await source.query(`INSERT INTO directory.users (username) VALUES ('mia') RETURNING pk`);
    const users = names.map((name, i) => ({ ...user(name, { ak_groups: [TEAM] }), pk: taken + i + 1 }));
    const report = await imported(group(TEAM, 'team'), ...users, { ...user('ΣΑΣ'), pk: taken });
    const members = await source.query<{ username: string }[]>(
      'SELECT u.username FROM directory.user_groups m JOIN directory.users u ON u.id = m.user_id ORDER BY u.pk',
    );
    expect(members.map(({ username }) => username)).toEqual(names);
    expect(report).toMatchObject({ users: 5, wrong: 0, otherPk: 1 });
  });

  it('gives an imported user none of the groups of skipped lines with the same name', async () => {
    const lines = [
      user('alice'),
      user('ALICE', { ak_groups: [STAFF] }),
      { ...user('alice', { ak_groups: [STAFF] }), pk: 8 },
    ];
    const report = await imported(group(STAFF, 'staff', { is_superuser: true }), ...lines);
    expect(report).toMatchObject({ users: 1, existing: 2 });
    expect(await source.query('SELECT username, groups FROM directory.identities')).toEqual([
      { username: 'alice', groups: [] },
    ]);
  });

  it('gives a user with two lines only the groups of the first line', async () => {
    const first = { ...user('alice', { uuid: ALICE, name: 'First', ak_groups: [TEAM] }), pk: 9_000_009 };
    const second = { ...user('alice', { uuid: ALICE, name: 'Second', ak_groups: [STAFF] }), pk: 9_000_008 };
    const groups = [group(TEAM, 'team'), group(STAFF, 'staff', { is_superuser: true })];
    expect(await imported(...groups, first, second)).toMatchObject({ users: 1, existing: 1, otherPk: 0 });
    expect(await source.query('SELECT pk, name, groups FROM directory.identities')).toEqual([
      { pk: first.pk, name: 'First', groups: [{ pk: TEAM, name: 'team' }] },
    ]);
  });

  it('imports groups with several parents, and ignores parents that do not exist', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    await imported(
      group(TEAM, 'team', { parents: [second, randomUUID(), first] }),
      ...[group(first, 'first'), group(second, 'second')],
    );
    expect(await source.query('SELECT parent_id, other_parents FROM directory.groups WHERE id = $1', [TEAM])).toEqual([
      { parent_id: second, other_parents: [first] },
    ]);
  });

  it('keeps the pk of a user unless another user has it, and gives all other users a new pk', async () => {
    const numbered = (pk: unknown, username: string) => ({ ...user(username), pk });
    const [{ pk: taken }] = await source.query(`INSERT INTO directory.users (username) VALUES ('zoe') RETURNING pk`);
    const [high, next] = [taken + 1000, taken + 1001];
    const report = await imported(
      ...[numbered(high, 'alice'), numbered(String(next), 'bob'), numbered(high, 'carol'), numbered(taken, 'dave')],
      ...[numbered(2 ** 31 - 1, 'erin'), numbered(-1, 'frank'), { username: 'grace' }],
    );
    expect(report).toMatchObject({ users: 7, wrong: 0, otherPk: 4 });
    expect([await found('alice'), await found('bob')]).toMatchObject([{ pk: high }, { pk: next }]);
    expect(await found('zoe')).toMatchObject({ pk: taken });
    await source.query(`INSERT INTO directory.users (username) VALUES ('henry')`);
    for (const name of ['carol', 'dave', 'erin', 'frank', 'grace', 'henry']) {
      const { pk } = (await found(name)) as { pk: number };
      expect(pk).toBeGreaterThan(next);
      expect(pk).toBeLessThan(next + 20);
    }
  });

  it('does not report a user who keeps the pk as one with another pk, whatever the display name', async () => {
    const [{ pk }] = await source.query(`INSERT INTO directory.users (username) VALUES ('zoe') RETURNING pk`);
    const lines = [
      { ...user('alice', { name: 'Alice Smith' }), pk: pk + 1 },
      { ...user('BOB', { name: 'x' }), pk: pk + 2 },
    ];
    expect(await imported(...lines)).toMatchObject({ users: 2, otherPk: 0 });
    expect([await found('alice'), await found('BOB')]).toMatchObject([{ pk: pk + 1 }, { pk: pk + 2 }]);
  });

  it('keeps the parents and the members of groups whose UUID is in upper case', async () => {
    const upper = user('alice', { uuid: ALICE.toUpperCase(), ak_groups: [TEAM.toUpperCase()] });
    await imported(group(TEAM.toUpperCase(), 'team', { parent: STAFF.toUpperCase() }), group(STAFF, 'staff'), upper);
    expect(await source.query('SELECT parent_id FROM directory.groups WHERE id = $1', [TEAM])).toEqual([
      { parent_id: STAFF },
    ]);
    expect(await source.query('SELECT user_id, group_id FROM directory.user_groups')).toEqual([
      { user_id: ALICE, group_id: TEAM },
    ]);
  });

  it('does not change existing users, and changes nothing if the same file is imported again', async () => {
    await imported(user('alice', { name: 'First' }));
    expect(await imported(user('ALICE', { name: 'Second' }), user('bob'))).toMatchObject({ users: 1, existing: 1 });
    expect(await imported(user('alice', { name: 'Third' }), user('bob'))).toMatchObject({ users: 0, existing: 2 });
    expect(await found('alice')).toMatchObject({ name: 'First' });
  });

  it('accepts a user object without the format of dumpdata, and skips other models', async () => {
    const report = await imported({ username: 'carol' }, { model: 'authentik_core.token', pk: 1, fields: {} }, '');
    expect(report).toMatchObject({ users: 1, others: 1, wrong: 0 });
  });

  it('reports values that cannot be stored, and imports the other lines', async () => {
    const report = await imported(
      user('olga'),
      ...[user('ivan', { attributes: { a: ['\0'] } }), user('judy', { attributes: { 'b\ud800': 1 } })],
      ...[user('k\u202eim'), user('leo', { name: 'x\udc00' }), group(STAFF, 'g', { attributes: { a: '\0' } })],
    );
    expect(report).toMatchObject({ users: 1, groups: 0, wrong: 5 });
    expect(report.faults.toSorted().slice(0, 3)).toEqual([
      'line 2: attributes: contains characters that cannot be stored',
      'line 3: attributes: contains characters that cannot be stored',
      expect.stringMatching(/^line 4: username: contains unprintable characters/),
    ]);
  });

  it('reports times before the year 1 and after the year 9999, and imports the other lines', async () => {
    const times = ['9999-12-31T23:59:59-05:00', '0001-01-01T00:00:00+05:00', '0001-01-01T00:00:00Z'];
    const report = await imported(...times.map((last_login, i) => user(`user${i}`, { last_login })));
    expect(report).toMatchObject({ users: 1, wrong: 2 });
    expect(report.faults).toEqual([1, 2].map((line) => `line ${line}: last_login: is not a valid time`));
  });

  it('imports a user with an unusable or unsupported hash as one whose password is unusable, and no user from an invalid line', async () => {
    const report = await imported(
      ...[
        user('dave', { password: '!unusable' }),
        user('erin', { password: 'md5$x$y' }),
        '{',
        user('', {}),
        user('x'.repeat(151)),
      ],
      ...[user('frank', { type: 'robot' }), user('grace', { email: 'no address' }), user('heidi', { attributes: [] })],
    );
    expect(report).toMatchObject({ users: 2, withoutPassword: 1, wrong: 6 });
    expect(report.faults[0]).toBe('line 3: this is not JSON');
    expect(report.faults[1]).toMatch(/^line 4: username: /);
    expect([(await found('dave'))?.['password_hash'], (await found('erin'))?.['password_hash']]).toEqual(['!', '!']);
  });
});
