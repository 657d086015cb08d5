import { randomUUID } from 'node:crypto';
import { TypeormAccountActivation } from '@gatehouse/directory';
import { openDataSource, Sealer } from '@gatehouse/platform';
import { driveStage } from '@gatehouse/stage-kit/testing';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signalConfig } from '../../apps/gateway/src/signals/signal.config.js';
import { SignalRepository } from '../../apps/gateway/src/signals/signal.repository.js';
import { accountLockdownContract } from '../../libs/stages/src/enrollment/account-lockdown.contract.js';
import { AccountLockdownStage } from '../../libs/stages/src/enrollment/account-lockdown.stage.js';
import {
  EnrollmentTransactions,
  InvalidUserDataError,
} from '../../libs/stages/src/enrollment/enrollment-transaction.js';
import { userDeleteContract } from '../../libs/stages/src/enrollment/user-delete.contract.js';
import { UserDeleteStage } from '../../libs/stages/src/enrollment/user-delete.stage.js';
import { hashPassword } from '../../libs/stages/src/password/password-hashes.js';
import { blueprint, groupEntry, keyOf, tokenEntry, userEntry } from '../support/blueprints.js';
import { describeWithNats } from '../support/nats.js';
import { ComposeStack } from './compose-stack.js';
import { FORBIDDEN } from './forbidden.js';

const INSUFFICIENT_PRIVILEGE = { code: '42501' };
const GUARDED = { ...INSUFFICIENT_PRIVILEGE, constraint: 'superusers_guarded' };
/** An outdated hash of `correct-horse-7`: PBKDF2 as in Django, with few rounds. */
const OUTDATED = 'pbkdf2_sha256$1000$salt$Ye8rTGZc6sJ2eZ1b8bPrAFtFmBy3kTZbAVhGCnJ+Hls=';

/** A transmitter of security events that may deactivate the users of a domain. */
const TRANSMITTERS = JSON.stringify([
  {
    ...{ name: 'partner', issuer: 'https://partner.example', audience: 'here', jwks_uri: 'https://partner.example/k' },
    ...{ domains: ['example.org'], may_deactivate: true },
  },
]);
const NO_PLAN = { location: undefined, flow: undefined, plan: undefined };

const NAMELESS = { name: '', email: '', is_active: true, epoch: 0, locale: '' };

/** The superusers: `admin` by a direct group, `nested` by a parent group. */
const SUPERUSERS = ['admin', 'nested'] as const;
const USERS = blueprint(
  ...['alice', ...SUPERUSERS].map((name) => userEntry(name)),
  { ...groupEntry('admins'), attrs: { is_superuser: true, users: [keyOf('user admin')] } },
  groupEntry('operators', { users: ['nested'], parent: 'admins' }),
  groupEntry('staff'),
);

describeWithNats('superusers in Postgres', () => {
  let stack: ComposeStack;
  let ids: Readonly<Record<string, string>>;
  beforeAll(async () => {
    stack = await ComposeStack.open();
    await stack.apply(USERS);
    const rows = await query<{ name: string; id: string }>(
      'SELECT username AS name, id FROM directory.users UNION ALL SELECT name, id FROM directory.groups',
    );
    ids = Object.fromEntries(rows.map(({ name, id }) => [name, id]));
  });
  afterAll(() => stack?.close());

  const queryAs = (service: string, sql: string, ...values: unknown[]) =>
    stack.as(service, (client) => client.query(sql, values));
  const query = async <R extends pg.QueryResultRow>(sql: string, ...values: unknown[]): Promise<R[]> =>
    (await stack.as('operator', (client) => client.query<R>(sql, values))).rows;
  const userOf = async (username: string) =>
    (await query('SELECT u.*, u.xmin FROM directory.users u WHERE username = $1', username))[0];
  const groupsOf = async (username: string) =>
    (
      await query<{ name: string }>(
        `SELECT g.name FROM directory.user_groups ug JOIN directory.groups g ON g.id = ug.group_id
         WHERE ug.user_id = $1 ORDER BY 1`,
        ids[username],
      )
    ).map(({ name }) => name);
  const permit = (username: string) => queryAs('gateway', 'SELECT directory.permit_superuser($1)', ids[username]);
  const rename = 'UPDATE directory.users SET name = $2 WHERE id = $1';
  const join = (username: string, group: string) =>
    queryAs('enrollment', 'SELECT directory.join_groups($1, $2, $3)', ids[username], [], [group]);

  describe.each(SUPERUSERS)('such as %s', (name) => {
    it.each([
      `UPDATE directory.users SET password_hash = 'mine' WHERE id = $1`,
      `UPDATE directory.users SET email = 'mine@example.org' WHERE id = $1`,
      `UPDATE directory.users SET username = 'mine' WHERE id = $1`,
      `UPDATE directory.users SET attributes = '{}', name = 'mine' WHERE id = $1`,
      'UPDATE directory.users SET is_active = true WHERE id = $1',
      'UPDATE directory.users SET epoch = epoch + 1 WHERE id = $1',
      'DELETE FROM directory.users WHERE id = $1',
    ])('cannot be changed by the role of enrollment: %s', async (sql) => {
      const before = await userOf(name);
      await expect(queryAs('enrollment', sql, ids[name])).rejects.toMatchObject(GUARDED);
      expect(await userOf(name)).toEqual(before);
    });

    it('cannot be added to a group by the role of enrollment', async () => {
      const before = await groupsOf(name);
      await expect(join(name, 'staff')).rejects.toMatchObject(GUARDED);
      expect(await groupsOf(name)).toEqual(before);
    });
  });

  it.each(Object.keys(FORBIDDEN))(
    'cannot be changed by the service %s, even if its role has more privileges than roles.sql grants',
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

  it('cannot be changed in any column except last_login, which the courier writes', async () => {
    const columns = await query(
      `SELECT column_name FROM information_schema.columns c
       WHERE table_schema = 'directory' AND table_name = 'users' AND NOT EXISTS (
         SELECT FROM information_schema.triggered_update_columns t
         WHERE t.trigger_name = 'users_guarded' AND t.event_object_column = c.column_name)`,
    );
    expect(columns).toEqual([{ column_name: 'last_login' }]);
    await queryAs('courier', 'UPDATE directory.users SET last_login = now() WHERE id = $1', ids['admin']);
    expect(await userOf('admin')).toMatchObject({ last_login: expect.any(Date) });
  });

  it('cannot be made by the role of enrollment, which cannot add users to superuser groups or subgroups', async () => {
    const insert = 'INSERT INTO directory.user_groups (user_id, group_id) VALUES ($1, $2)';
    for (const group of ['admins', 'operators', 'staff'])
      await expect(queryAs('enrollment', insert, ids['alice'], ids[group])).rejects.toMatchObject(
        INSUFFICIENT_PRIVILEGE,
      );
    for (const group of ['admins', 'operators']) await expect(join('alice', group)).rejects.toMatchObject(GUARDED);
    const joinBoth = queryAs(
      'enrollment',
      'SELECT directory.join_groups($1, $2, $3)',
      ids['alice'],
      [ids['admins']],
      ['staff'],
    );
    await expect(joinBoth).rejects.toMatchObject(GUARDED);
    expect(await groupsOf('alice')).toEqual([]);
    await join('alice', 'staff');
    expect(await groupsOf('alice')).toEqual(['staff']);
  });

  it('can be added again to a group of which they are already a member', async () => {
    await join('admin', 'admins');
    expect(await groupsOf('admin')).toEqual(['admins']);
  });

  it('cannot be changed by enrollment stages, which deny with a message, or activated by a mailed link', async () => {
    const url = stack.environment('enrollment')['DATABASE_URL'] ?? '';
    const source = await openDataSource({ url, schema: 'directory', poolSize: 1 });
    try {
      const transactions = new EnrollmentTransactions(source);
      const user = { uuid: ids['admin']!, pk: 1, username: 'admin', name: '', email: '', is_active: true, epoch: 0 };
      const context = { pending_user: { kind: 'saved', ...user, locale: '' } } as const;
      const input = { context, request: { id: randomUUID() } };
      const deleted = await driveStage(userDeleteContract, new UserDeleteStage(transactions), input).show();
      expect(deleted).toEqual({ type: 'denied', message: { code: 'user_delete_failed' } });
      const change = transactions.runOnce(randomUUID(), async ({ accounts }) =>
        Object(await accounts.change(user.uuid, { name: 'x' })),
      );
      await expect(change).rejects.toBeInstanceOf(InvalidUserDataError);

      const flow = randomUUID();
      await query('UPDATE directory.users SET is_active = false WHERE id = $1', ids['admin']);
      await query('UPDATE directory.users SET awaits_flow = $2 WHERE id = $1', ids['admin'], flow);
      expect(await new TypeormAccountActivation(source).activate(user.uuid, flow)).toBe(false);
      expect(await userOf('admin')).toMatchObject({ is_active: false });
    } finally {
      await source.destroy();
      await query('UPDATE directory.users SET is_active = true WHERE id = $1', ids['admin']);
    }
  });

  it('are not deactivated by a security event about their address, unlike ordinary users', async () => {
    await stack.apply(blueprint(userEntry('dora')));
    const url = stack.environment('gateway')['DATABASE_URL'] ?? '';
    const source = await openDataSource({ url, schema: 'flow', poolSize: 1 });
    const signals = new SignalRepository(source, new Sealer(`k:${Buffer.alloc(32).toString('base64')}`));
    const [transmitter] = signalConfig.parse({ SIGNAL_TRANSMITTERS: TRANSMITTERS }).SIGNAL_TRANSMITTERS;
    const apply = (username: string) => {
      const subject = { format: 'email', email: `${username}@example.org` } as const;
      const event = { type: 'urn:test', effect: 'deactivate', subject, isVerification: false } as const;
      const facts = { ...{ clientIp: '192.0.2.1', userAgent: '', requestId: '' }, ...NO_PLAN };
      return signals.apply({ transmitter: transmitter!, event, jti: randomUUID(), keptS: 60, facts });
    };
    try {
      expect([await apply('dora'), await apply('admin')]).toEqual(['applied', 'unknown_subject']);
      expect(await userOf('dora')).toMatchObject({ is_active: false });
      const before = await userOf('admin');
      const sql = 'SELECT directory.apply_signal($1, true) AS deactivated';
      expect((await queryAs('gateway', sql, ids['admin'])).rows).toEqual([{ deactivated: false }]);
      expect(await userOf('admin')).toMatchObject({ is_active: true, epoch: Number(before?.['epoch']) + 1 });
      await expect(queryAs('enrollment', sql, ids['alice'])).rejects.toMatchObject(INSUFFICIENT_PRIVILEGE);
    } finally {
      await source.destroy();
    }
  });

  it('can lock down ordinary users through the role of enrollment, but not a superuser without a permit', async () => {
    const url = stack.environment('enrollment')['DATABASE_URL'] ?? '';
    const source = await openDataSource({ url, schema: 'directory', poolSize: 1 });
    const actor = { kind: 'saved', uuid: ids['admin']!, pk: 1, username: 'admin', ...NAMELESS } as const;
    const lock = (username: string, by: string = actor.uuid) =>
      driveStage(accountLockdownContract, new AccountLockdownStage(new EnrollmentTransactions(source)), {
        context: { pending_user: { ...actor, uuid: ids[username]!, username } },
        request: { id: randomUUID(), session: { user: { ...actor, uuid: by } } },
      }).show();
    try {
      await stack.apply(blueprint(userEntry('carol'), tokenEntry('carol', 'c'.repeat(40))));
      const [carol] = await query<{ id: string }>('SELECT id FROM directory.users WHERE username = $1', 'carol');
      ids = { ...ids, carol: carol!.id };
      const tokens = () => query('SELECT FROM directory.tokens WHERE user_id = $1', ids['carol']);
      expect(await tokens()).toHaveLength(1);
      expect(await lock('carol', ids['alice'])).toMatchObject({ message: { code: 'account_lockdown_forbidden' } });
      expect(await lock('carol')).toMatchObject({ type: 'passed' });
      expect(await userOf('carol')).toMatchObject({ is_active: false, password_hash: '!' });
      expect(await tokens()).toEqual([]);

      const before = await userOf('nested');
      expect(await lock('nested')).toMatchObject({ message: { code: 'account_lockdown_failed' } });
      expect(await userOf('nested')).toEqual(before);
    } finally {
      await source.destroy();
    }
  });

  describe('with a permit of the gateway', () => {
    it('can be changed by exactly one transaction of enrollment', async () => {
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
      await expect(queryAs('enrollment', rename, ids['admin'], 'mine')).rejects.toMatchObject(GUARDED);
    });

    it('cannot be changed by a transaction that is still open when the permit expires', async () => {
      await permit('nested');
      await stack.as('enrollment', async (client) => {
        await client.query('BEGIN');
        await client.query('SELECT FROM directory.invitations');
        await query('UPDATE directory.superuser_permits SET expires_at = now() WHERE user_id = $1', ids['nested']);
        await expect(client.query(rename, [ids['nested'], 'mine'])).rejects.toMatchObject(GUARDED);
      });
      await expect(queryAs('enrollment', rename, ids['nested'], 'mine')).rejects.toMatchObject(GUARDED);
    });

    it('are safe from all other services, which can neither grant nor extend a permit', async () => {
      for (const service of Object.keys(FORBIDDEN).filter((name) => name !== 'gateway')) {
        const grant = queryAs(service, 'SELECT directory.permit_superuser($1, $2)', ids['admin'], service);
        await expect(grant).rejects.toMatchObject(INSUFFICIENT_PRIVILEGE);
      }
      for (const service of Object.keys(FORBIDDEN)) {
        const extension = queryAs(service, `UPDATE directory.superuser_permits SET expires_at = 'infinity'`);
        await expect(extension).rejects.toMatchObject(INSUFFICIENT_PRIVILEGE);
      }
    });

    it('a permit for an ordinary user is not saved, and does not let the user join a superuser group', async () => {
      await permit('alice');
      await expect(join('alice', 'admins')).rejects.toMatchObject(GUARDED);
      expect(await query('SELECT FROM directory.superuser_permits WHERE user_id = $1', ids['alice'])).toEqual([]);
    });
  });

  describe('a password hash', () => {
    const set = (username: string, hash: string) =>
      query('UPDATE directory.users SET password_hash = $2 WHERE id = $1', ids[username], hash);
    const replace = async (username: string, outdated: string, current: string) => {
      const sql = 'SELECT directory.replace_hash($1, $2, $3) AS replaced';
      return (await queryAs('password', sql, ids[username], outdated, current)).rows[0].replaced;
    };
    let current: string;
    beforeAll(async () => {
      current = await hashPassword('correct-horse-7');
    });

    it('cannot be overwritten by an UPDATE of the password service', async () => {
      for (const name of ['alice', ...SUPERUSERS]) {
        const sql = 'UPDATE directory.users SET password_hash = $2 WHERE id = $1';
        await expect(queryAs('password', sql, ids[name], current)).rejects.toMatchObject(INSUFFICIENT_PRIVILEGE);
      }
    });

    it('that is outdated can be replaced once by a current hash, by a caller that knows the outdated hash', async () => {
      await set('alice', OUTDATED);
      expect(await replace('alice', `${OUTDATED} `, current)).toBe(false);
      expect(await replace('alice', OUTDATED, 'mine')).toBe(false);
      expect(await userOf('alice')).toMatchObject({ password_hash: OUTDATED });
      expect(await replace('alice', OUTDATED, current)).toBe(true);
      expect(await replace('alice', current, await hashPassword('mine'))).toBe(false);
      expect(await userOf('alice')).toMatchObject({ password_hash: current });
    });

    it.each(['', '!unusable', 'plain'])('that is not a hash, %j, cannot be replaced', async (hash) => {
      await set('alice', hash);
      expect(await replace('alice', hash, current)).toBe(false);
      expect(await userOf('alice')).toMatchObject({ password_hash: hash });
    });

    it.each(SUPERUSERS)('of a superuser, %s, cannot be replaced', async (name) => {
      await set(name, OUTDATED);
      expect(await replace(name, OUTDATED, current)).toBe(false);
      expect(await userOf(name)).toMatchObject({ password_hash: OUTDATED });
    });

    it('of another user cannot be used to replace the hash of a superuser', async () => {
      await set('alice', OUTDATED);
      await set('admin', current);
      expect(await replace('admin', OUTDATED, current)).toBe(false);
      expect(await userOf('admin')).toMatchObject({ password_hash: current });
    });
  });
});
