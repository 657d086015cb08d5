import { randomUUID } from 'node:crypto';
import { PostgresSuperuserPermits } from '@gatehouse/executor-postgres';
import { openDataSource, Sealer } from '@gatehouse/platform';
import { SourceConnectionRepository } from '@gatehouse/sources';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SourceRepository } from '../../apps/gateway/src/sources/source.repository.js';
import { REQUEST_FACTS } from '../../libs/executor-postgres/testing/event-context.js';
import { postSourceContract } from '../../libs/stages/src/source/post-source.contract.js';
import { blueprint, flowEntries, groupEntry, keyOf, LOGIN, userEntry } from '../support/blueprints.js';
import { describeWithNats } from '../support/nats.js';
import { writing } from '../support/prompts.js';
import { oauthEntry } from '../support/sources.js';
import { ComposeStack } from './compose-stack.js';

const GUARDED = { code: '42501', constraint: 'superusers_guarded' };
const SEAL = `k:${Buffer.alloc(32).toString('base64')}`;
const ADD_DEVICE = `INSERT INTO mfa.devices (id, user_id, kind, name, secret) VALUES ($1, $2, 'static', 'x', 'x')`;
const CONNECT = 'SELECT identification.connect($1, $2, $3) AS outcome';

/** A credential that a compromised service adds to a superuser would outlast the compromise. */
describeWithNats('credentials of superusers in Postgres', () => {
  let stack: ComposeStack;
  let ids: Readonly<Record<string, string>>;
  beforeAll(async () => {
    stack = await ComposeStack.open();
    await stack.apply(
      blueprint(
        ...['alice', 'admin'].map((name) => userEntry(name)),
        { ...groupEntry('admins'), attrs: { is_superuser: true, users: [keyOf('user admin')] } },
        flowEntries('known', [LOGIN]),
        flowEntries('new', [writing('always_create'), LOGIN], { designation: 'enrollment' }),
        oauthEntry('hub'),
      ),
    );
    const rows = await query<{ name: string; id: string }>(
      'SELECT username AS name, id FROM directory.users UNION ALL SELECT slug, id FROM identification.sources',
    );
    ids = Object.fromEntries(rows.map(({ name, id }) => [name, id]));
  }, 120_000);
  afterAll(() => stack?.close());
  beforeEach(async () => {
    await query('TRUNCATE mfa.devices, mfa.codes, identification.connections, directory.superuser_permits');
  });

  const queryAs = (service: string, sql: string, ...values: unknown[]) =>
    stack.as(service, (client) => client.query(sql, values));
  const query = async <R extends pg.QueryResultRow>(sql: string, ...values: unknown[]): Promise<R[]> =>
    (await stack.as('operator', (client) => client.query<R>(sql, values))).rows;
  const permit = (service: string, username = 'admin') =>
    queryAs('gateway', 'SELECT directory.permit_superuser($1, $2)', ids[username], service);
  const connect = (identifier: string, username: string, service = 'identification') =>
    queryAs(service, CONNECT, ids['hub'], identifier, ids[username]);
  const connections = () => query('SELECT identifier FROM identification.connections WHERE user_id = $1', ids['admin']);
  const devices = () => query('SELECT name FROM mfa.devices WHERE user_id = $1', ids['admin']);
  /** Runs `work` with a connection pool of a service. */
  async function withPool<T>(service: string, work: (source: DataSource) => Promise<T>): Promise<T> {
    const url = stack.environment(service)['DATABASE_URL'] ?? '';
    const source = await openDataSource({ url, schema: 'directory', poolSize: 1 });
    try {
      return await work(source);
    } finally {
      await source.destroy();
    }
  }
  /** Imports a device for a user and returns its id. */
  async function importDevice(username: string): Promise<string> {
    const id = randomUUID();
    await query(ADD_DEVICE, id, ids[username]);
    return id;
  }

  describe('connections with sources', () => {
    it.each(['identification', 'gateway'])('cannot be created by the role of %s without a permit', async (service) => {
      await expect(connect('mallory', 'admin', service)).rejects.toMatchObject(GUARDED);
      expect(await connections()).toEqual([]);
    });

    it('can be created once per permit, and an attempt that fails uses the permit up too', async () => {
      await connect('of alice', 'alice');
      await permit('identification');
      expect((await connect('of alice', 'admin')).rows).toEqual([{ outcome: 'taken' }]);
      await expect(connect('own', 'admin')).rejects.toMatchObject(GUARDED);
      await permit('identification');
      expect((await connect('own', 'admin')).rows).toEqual([{ outcome: 'new' }]);
      await expect(connect('mallory', 'admin')).rejects.toMatchObject(GUARDED);
      expect(await connections()).toEqual([{ identifier: 'own' }]);
    });

    it('can be created by the stage to which the gateway grants a permit, and by the gateway for the logged-in user', async () => {
      await withPool('gateway', async (gateway) => {
        await new PostgresSuperuserPermits(gateway).grant(ids['admin']!, postSourceContract.service);
        const byFlow = await withPool('identification', (source) =>
          new SourceConnectionRepository(source).connect('work', {
            ...{ source: ids['hub']!, identifier: 'by a flow', user: ids['admin']! },
          }),
        );
        const user = { kind: 'saved', uuid: ids['admin']!, pk: 1, username: 'admin', name: '', email: '' } as const;
        const change = { user: { ...user, is_active: true, epoch: 0, locale: '' }, facts: REQUEST_FACTS };
        const account = { source: ids['hub']!, identifier: 'by the page', name: 'Hub' };
        const sources = new SourceRepository(gateway, new Sealer(SEAL));
        expect([byFlow, await sources.connect(account, change), await sources.connect(account, change)]).toEqual([
          ...['new', 'new', 'kept'],
        ]);
      });
      await expect(connect('mallory', 'admin')).rejects.toMatchObject(GUARDED);
      expect(await connections()).toHaveLength(2);
    });

    it('of ordinary users need no permit', async () => {
      expect((await connect('of alice', 'alice')).rows).toEqual([{ outcome: 'new' }]);
    });
  });

  describe('devices', () => {
    it('cannot be added by the role of mfa without a permit', async () => {
      await expect(queryAs('mfa', ADD_DEVICE, randomUUID(), ids['admin'])).rejects.toMatchObject(GUARDED);
      expect(await devices()).toEqual([]);
      await queryAs('mfa', ADD_DEVICE, randomUUID(), ids['alice']);
    });

    it.each([
      `UPDATE mfa.devices SET secret = 'mine'`,
      `UPDATE mfa.devices SET handle = 'mine'`,
      `UPDATE mfa.devices SET facts = '{"mine": 1}'`,
      'UPDATE mfa.devices SET id = gen_random_uuid()',
      `INSERT INTO mfa.codes (device_id, digest) SELECT id, 'mine' FROM mfa.devices`,
    ])('cannot be replaced by the role of mfa: %s', async (sql) => {
      await importDevice('admin');
      const before = await query('SELECT * FROM mfa.devices');
      await expect(queryAs('mfa', sql)).rejects.toMatchObject(GUARDED);
      expect(await query('SELECT * FROM mfa.devices')).toEqual(before);
      expect(await query('SELECT FROM mfa.codes')).toEqual([]);
    });

    it('of other users, and their codes, cannot be moved to a superuser', async () => {
      const [own, admins] = [await importDevice('alice'), await importDevice('admin')];
      await queryAs('mfa', `INSERT INTO mfa.codes (device_id, digest) VALUES ($1, 'mine')`, own);
      const moved = queryAs('mfa', 'UPDATE mfa.devices SET user_id = $2 WHERE id = $1', own, ids['admin']);
      await expect(moved).rejects.toMatchObject(GUARDED);
      const code = queryAs('mfa', 'UPDATE mfa.codes SET device_id = $2 WHERE device_id = $1', own, admins);
      await expect(code).rejects.toMatchObject(GUARDED);
    });

    it('can be renamed, used and removed by the role of mfa', async () => {
      const id = await importDevice('admin');
      await queryAs('mfa', `UPDATE mfa.devices SET name = 'y', counter = 7, last_used_at = now() WHERE id = $1`, id);
      expect(await devices()).toEqual([{ name: 'y' }]);
      await queryAs('mfa', 'DELETE FROM mfa.devices WHERE id = $1', id);
      expect(await devices()).toEqual([]);
    });

    it('can be added with their codes once per permit for mfa, but not with permits for other services', async () => {
      const add = () =>
        queryAs(
          'mfa',
          `WITH kept AS (${ADD_DEVICE} RETURNING id) INSERT INTO mfa.codes (device_id, digest) SELECT id, 'c' FROM kept`,
          ...[randomUUID(), ids['admin']],
        );
      for (const service of ['enrollment', 'identification']) await permit(service);
      await expect(add()).rejects.toMatchObject(GUARDED);
      await permit('mfa');
      await add();
      await expect(add()).rejects.toMatchObject(GUARDED);
      expect(await devices()).toHaveLength(1);
    });

    it('can be added again with the same id without another permit', async () => {
      const id = randomUUID();
      await permit('mfa');
      await queryAs('mfa', ADD_DEVICE, id, ids['admin']);
      await queryAs('mfa', `${ADD_DEVICE} ON CONFLICT DO NOTHING`, id, ids['admin']);
      expect(await devices()).toHaveLength(1);
    });
  });

  it('cannot be changed by enrollment with a permit for mfa', async () => {
    await permit('mfa');
    const change = queryAs(
      'enrollment',
      `UPDATE directory.users SET password_hash = 'mine' WHERE id = $1`,
      ids['admin'],
    );
    await expect(change).rejects.toMatchObject(GUARDED);
  });
});
