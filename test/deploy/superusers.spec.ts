import { randomUUID } from 'node:crypto';
import { TypeormAccountActivation } from '@gatehouse/directory';
import { openDataSource } from '@gatehouse/platform';
import { driveStage } from '@gatehouse/stage-kit/testing';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  EnrollmentTransactions,
  InvalidUserDataError,
} from '../../libs/stages/src/enrollment/enrollment-transaction.js';
import { userDeleteContract } from '../../libs/stages/src/enrollment/user-delete.contract.js';
import { UserDeleteStage } from '../../libs/stages/src/enrollment/user-delete.stage.js';
import { hashPassword } from '../../libs/stages/src/password/password-hashes.js';
import { blueprint, groupEntry, keyOf, userEntry } from '../support/blueprints.js';
import { describeWithNats } from '../support/nats.js';
import { ComposeStack } from './compose-stack.js';
import { FORBIDDEN } from './forbidden.js';

const INSUFFICIENT_PRIVILEGE = { code: '42501' };
const GUARDED = { ...INSUFFICIENT_PRIVILEGE, constraint: 'superusers_guarded' };
/** As Django writes it: `correct-horse-7` with few rounds. */
const OUTDATED = 'pbkdf2_sha256$1000$salt$Ye8rTGZc6sJ2eZ1b8bPrAFtFmBy3kTZbAVhGCnJ+Hls=';

/** The superusers: `admin` by a group of theirs, `nested` by the group above it. */
const SUPERUSERS = ['admin', 'nested'] as const;
const PEOPLE = blueprint(
  ...['alice', ...SUPERUSERS].map((name) => userEntry(name)),
  { ...groupEntry('admins'), attrs: { is_superuser: true, users: [keyOf('user admin')] } },
  groupEntry('operators', { users: ['nested'], parent: 'admins' }),
  groupEntry('staff'),
);

describeWithNats('in Postgres, superusers', () => {
  let stack: ComposeStack;
  let ids: Readonly<Record<string, string>>;
  beforeAll(async () => {
    stack = await ComposeStack.open();
    await stack.apply(PEOPLE);
    const rows = await owner<{ name: string; id: string }>(
      'SELECT username AS name, id FROM directory.users UNION ALL SELECT name, id FROM directory.groups',
    );
    ids = Object.fromEntries(rows.map(({ name, id }) => [name, id]));
  });
  afterAll(() => stack?.close());

  const as = (service: string, sql: string, ...values: unknown[]) =>
    stack.as(service, (client) => client.query(sql, values));
  const owner = async <R extends pg.QueryResultRow>(sql: string, ...values: unknown[]): Promise<R[]> =>
    (await stack.as('operator', (client) => client.query<R>(sql, values))).rows;
  const userOf = async (username: string) =>
    (await owner('SELECT u.*, u.xmin FROM directory.users u WHERE username = $1', username))[0];
  const groupsOf = async (username: string) =>
    (
      await owner<{ name: string }>(
        `SELECT g.name FROM directory.user_groups ug JOIN directory.groups g ON g.id = ug.group_id
         WHERE ug.user_id = $1 ORDER BY 1`,
        ids[username],
      )
    ).map(({ name }) => name);
  const permit = (username: string) => as('gateway', 'SELECT directory.permit_superuser($1)', ids[username]);
  const rename = 'UPDATE directory.users SET name = $2 WHERE id = $1';
  const join = (username: string, group: string) =>
    as('enrollment', 'SELECT directory.join_groups($1, $2, $3)', ids[username], [], [group]);

  describe.each(SUPERUSERS)('such as %s', (name) => {
    it.each([
      `UPDATE directory.users SET password_hash = 'mine' WHERE id = $1`,
      `UPDATE directory.users SET email = 'mine@example.org' WHERE id = $1`,
      `UPDATE directory.users SET username = 'mine' WHERE id = $1`,
      `UPDATE directory.users SET attributes = '{}', name = 'mine' WHERE id = $1`,
      'UPDATE directory.users SET is_active = true WHERE id = $1',
      'UPDATE directory.users SET epoch = epoch + 1 WHERE id = $1',
      'DELETE FROM directory.users WHERE id = $1',
    ])('are not for the role of enrollment: %s', async (sql) => {
      const before = await userOf(name);
      await expect(as('enrollment', sql, ids[name])).rejects.toMatchObject(GUARDED);
      expect(await userOf(name)).toEqual(before);
    });

    it('are added to no group by the role of enrollment', async () => {
      const before = await groupsOf(name);
      await expect(join(name, 'staff')).rejects.toMatchObject(GUARDED);
      expect(await groupsOf(name)).toEqual(before);
    });
  });

  it.each(Object.keys(FORBIDDEN))(
    'are not for the service %s, whatever its role is granted beside roles.sql',
    (service) =>
      stack.as('operator', async (client) => {
        const role = `gatehouse_${service}`;
        await client.query('BEGIN');
        await client.query(`GRANT USAGE ON SCHEMA directory TO ${role}`);
        await client.query(`GRANT SELECT, UPDATE, DELETE ON directory.users TO ${role}`);
        await client.query(`SET LOCAL ROLE ${role}`);
        await expect(client.query(rename, [ids['admin'], 'mine'])).rejects.toMatchObject(GUARDED);
        await client.query('ROLLBACK');
      }),
  );

  it('are guarded in every column but the one that the courier notes', async () => {
    const columns = await owner(
      `SELECT column_name FROM information_schema.columns c
       WHERE table_schema = 'directory' AND table_name = 'users' AND NOT EXISTS (
         SELECT FROM information_schema.triggered_update_columns t
         WHERE t.trigger_name = 'users_guarded' AND t.event_object_column = c.column_name)`,
    );
    expect(columns).toEqual([{ column_name: 'last_login' }]);
    await as('courier', 'UPDATE directory.users SET last_login = now() WHERE id = $1', ids['admin']);
    expect(await userOf('admin')).toMatchObject({ last_login: expect.any(Date) });
  });

  it('are not made by the role of enrollment: by a statement, by a group, or by a group below it', async () => {
    const insert = 'INSERT INTO directory.user_groups (user_id, group_id) VALUES ($1, $2)';
    for (const group of ['admins', 'operators', 'staff'])
      await expect(as('enrollment', insert, ids['alice'], ids[group])).rejects.toMatchObject(INSUFFICIENT_PRIVILEGE);
    for (const group of ['admins', 'operators']) await expect(join('alice', group)).rejects.toMatchObject(GUARDED);
    const both = as('enrollment', 'SELECT directory.join_groups($1, $2, $3)', ids['alice'], [ids['admins']], ['staff']);
    await expect(both).rejects.toMatchObject(GUARDED);
    expect(await groupsOf('alice')).toEqual([]);
    await join('alice', 'staff');
    expect(await groupsOf('alice')).toEqual(['staff']);
  });

  it('may be said to be in the groups that they are in', async () => {
    await join('admin', 'admins');
    expect(await groupsOf('admin')).toEqual(['admins']);
  });

  it('are refused by the stages in words, and to a mail as if they waited for none', async () => {
    const url = stack.environment('enrollment')['DATABASE_URL'] ?? '';
    const source = await openDataSource({ url, schema: 'directory', poolSize: 1 });
    try {
      const transactions = new EnrollmentTransactions(source);
      const person = { uuid: ids['admin']!, pk: 1, username: 'admin', name: '', email: '', is_active: true, epoch: 0 };
      const context = { pending_user: { kind: 'saved', ...person, locale: '' } } as const;
      const given = { context, request: { id: randomUUID() } };
      const deleted = await driveStage(userDeleteContract, new UserDeleteStage(transactions), given).show();
      expect(deleted).toEqual({ type: 'denied', message: { code: 'user_delete_failed' } });
      const change = transactions.runOnce(randomUUID(), async ({ accounts }) =>
        Object(await accounts.change(person.uuid, { name: 'x' })),
      );
      await expect(change).rejects.toBeInstanceOf(InvalidUserDataError);

      const flow = randomUUID();
      await owner('UPDATE directory.users SET is_active = false WHERE id = $1', ids['admin']);
      await owner('UPDATE directory.users SET awaits_flow = $2 WHERE id = $1', ids['admin'], flow);
      expect(await new TypeormAccountActivation(source).activate(person.uuid, flow)).toBe(false);
      expect(await userOf('admin')).toMatchObject({ is_active: false });
    } finally {
      await source.destroy();
      await owner('UPDATE directory.users SET is_active = true WHERE id = $1', ids['admin']);
    }
  });

  describe('with a permit of the gateway', () => {
    it('are changed by one transaction of enrollment, and by no other', async () => {
      await permit('admin');
      await stack.as('enrollment', async (client) => {
        await client.query('BEGIN');
        await client.query(rename, [ids['admin'], 'Ada']);
        await client.query('UPDATE directory.users SET epoch = epoch + 1 WHERE id = $1', [ids['admin']]);
        await expect(client.query(rename, [ids['nested'], 'Ada'])).rejects.toMatchObject(GUARDED);
        await client.query('ROLLBACK');
        await client.query('BEGIN');
        await client.query(rename, [ids['admin'], 'Ada']);
        await client.query(`SELECT directory.join_groups($1, '{}', '{staff}')`, [ids['admin']]);
        await client.query('COMMIT');
      });
      expect([(await userOf('admin'))?.['name'], await groupsOf('admin')]).toEqual(['Ada', ['admins', 'staff']]);
      await expect(as('enrollment', rename, ids['admin'], 'mine')).rejects.toMatchObject(GUARDED);
    });

    it('are not changed by a transaction that was held open until the permit expired', async () => {
      await permit('nested');
      await stack.as('enrollment', async (client) => {
        await client.query('BEGIN');
        await client.query('SELECT FROM directory.invitations');
        await owner('UPDATE directory.superuser_permits SET expires_at = now() WHERE user_id = $1', ids['nested']);
        await expect(client.query(rename, [ids['nested'], 'mine'])).rejects.toMatchObject(GUARDED);
      });
      await expect(as('enrollment', rename, ids['nested'], 'mine')).rejects.toMatchObject(GUARDED);
    });

    it('need one that a service cannot give itself', async () => {
      for (const service of Object.keys(FORBIDDEN).filter((one) => one !== 'gateway')) {
        const own = as(service, 'SELECT directory.permit_superuser($1, $2)', ids['admin'], service);
        await expect(own).rejects.toMatchObject(INSUFFICIENT_PRIVILEGE);
      }
      for (const service of Object.keys(FORBIDDEN)) {
        const written = as(service, `UPDATE directory.superuser_permits SET expires_at = 'infinity'`);
        await expect(written).rejects.toMatchObject(INSUFFICIENT_PRIVILEGE);
      }
    });

    it('are still added to no group that makes superusers, and leave no permit of ordinary users behind', async () => {
      await permit('alice');
      await expect(join('alice', 'admins')).rejects.toMatchObject(GUARDED);
      expect(await owner('SELECT FROM directory.superuser_permits WHERE user_id = $1', ids['alice'])).toEqual([]);
    });
  });

  describe('a hash', () => {
    const set = (username: string, hash: string) =>
      owner('UPDATE directory.users SET password_hash = $2 WHERE id = $1', ids[username], hash);
    const replace = async (username: string, outdated: string, current: string) => {
      const sql = 'SELECT directory.replace_hash($1, $2, $3) AS replaced';
      return (await as('password', sql, ids[username], outdated, current)).rows[0].replaced;
    };
    let current: string;
    beforeAll(async () => {
      current = await hashPassword('correct-horse-7');
    });

    it('is overwritten by no statement of the password service', async () => {
      for (const name of ['alice', ...SUPERUSERS]) {
        const sql = 'UPDATE directory.users SET password_hash = $2 WHERE id = $1';
        await expect(as('password', sql, ids[name], current)).rejects.toMatchObject(INSUFFICIENT_PRIVILEGE);
      }
    });

    it('that is outdated is replaced by a current one, once, by whoever names it', async () => {
      await set('alice', OUTDATED);
      expect(await replace('alice', `${OUTDATED} `, current)).toBe(false);
      expect(await replace('alice', OUTDATED, 'mine')).toBe(false);
      expect(await userOf('alice')).toMatchObject({ password_hash: OUTDATED });
      expect(await replace('alice', OUTDATED, current)).toBe(true);
      expect(await replace('alice', current, await hashPassword('mine'))).toBe(false);
      expect(await userOf('alice')).toMatchObject({ password_hash: current });
    });

    it.each(['', '!unusable', 'plain'])('that is none, %j, does not become one', async (none) => {
      await set('alice', none);
      expect(await replace('alice', none, current)).toBe(false);
      expect(await userOf('alice')).toMatchObject({ password_hash: none });
    });

    it.each(SUPERUSERS)('of a superuser, %s, stays as it is', async (name) => {
      await set(name, OUTDATED);
      expect(await replace(name, OUTDATED, current)).toBe(false);
      expect(await userOf(name)).toMatchObject({ password_hash: OUTDATED });
    });

    it('of somebody else is not replaced by naming one’s own', async () => {
      await set('alice', OUTDATED);
      await set('admin', current);
      expect(await replace('admin', OUTDATED, current)).toBe(false);
      expect(await userOf('admin')).toMatchObject({ password_hash: current });
    });
  });
});
