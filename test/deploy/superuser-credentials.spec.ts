import { randomUUID } from 'node:crypto';
import { PostgresSuperuserPermits } from '@gatehouse/executor-postgres';
import { openDataSource, Sealer } from '@gatehouse/platform';
import { SourceConnectionRepository } from '@gatehouse/sources';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SourceRepository } from '../../apps/gateway/src/sources/source.repository.js';
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

/** What a service could leave behind that outlives it: a second way to log in as a superuser. */
describeWithNats('in Postgres, credentials of superusers', () => {
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
    const rows = await owner<{ name: string; id: string }>(
      'SELECT username AS name, id FROM directory.users UNION ALL SELECT slug, id FROM identification.sources',
    );
    ids = Object.fromEntries(rows.map(({ name, id }) => [name, id]));
  }, 120_000);
  afterAll(() => stack?.close());
  beforeEach(async () => {
    await owner('TRUNCATE mfa.devices, mfa.codes, identification.connections, directory.superuser_permits');
  });

  const as = (service: string, sql: string, ...values: unknown[]) =>
    stack.as(service, (client) => client.query(sql, values));
  const owner = async <R extends pg.QueryResultRow>(sql: string, ...values: unknown[]): Promise<R[]> =>
    (await stack.as('operator', (client) => client.query<R>(sql, values))).rows;
  const permit = (service: string, username = 'admin') =>
    as('gateway', 'SELECT directory.permit_superuser($1, $2)', ids[username], service);
  const connect = (identifier: string, username: string, service = 'identification') =>
    as(service, CONNECT, ids['hub'], identifier, ids[username]);
  const connections = () => owner('SELECT identifier FROM identification.connections WHERE user_id = $1', ids['admin']);
  const devices = () => owner('SELECT name FROM mfa.devices WHERE user_id = $1', ids['admin']);
  /** Runs `work` with the pool that a service would have. */
  async function withPool<T>(service: string, work: (source: DataSource) => Promise<T>): Promise<T> {
    const url = stack.environment(service)['DATABASE_URL'] ?? '';
    const source = await openDataSource({ url, schema: 'directory', poolSize: 1 });
    try {
      return await work(source);
    } finally {
      await source.destroy();
    }
  }
  /** A device of a user that an operator has imported. */
  async function imported(username: string): Promise<string> {
    const id = randomUUID();
    await owner(ADD_DEVICE, id, ids[username]);
    return id;
  }

  describe('connections with sources', () => {
    it.each(['identification', 'gateway'])('are not made by the role of %s without a permit', async (service) => {
      await expect(connect('mallory', 'admin', service)).rejects.toMatchObject(GUARDED);
      expect(await connections()).toEqual([]);
    });

    it('are made once by a permit, which is used up also where nothing comes of it', async () => {
      await connect('of alice', 'alice');
      await permit('identification');
      expect((await connect('of alice', 'admin')).rows).toEqual([{ outcome: 'taken' }]);
      await expect(connect('own', 'admin')).rejects.toMatchObject(GUARDED);
      await permit('identification');
      expect((await connect('own', 'admin')).rows).toEqual([{ outcome: 'new' }]);
      await expect(connect('mallory', 'admin')).rejects.toMatchObject(GUARDED);
      expect(await connections()).toEqual([{ identifier: 'own' }]);
    });

    it('are made by the stage that the gateway permits, and by the gateway for whoever is logged in', async () => {
      await withPool('gateway', async (gateway) => {
        await new PostgresSuperuserPermits(gateway).grant(ids['admin']!, postSourceContract.service);
        const made = await withPool('identification', (source) =>
          new SourceConnectionRepository(source).connect('work', {
            ...{ source: ids['hub']!, identifier: 'by a flow', user: ids['admin']! },
          }),
        );
        const user = { kind: 'saved', uuid: ids['admin']!, pk: 1, username: 'admin', name: '', email: '' } as const;
        const change = { user: { ...user, is_active: true, epoch: 0, locale: '' }, clientIp: '203.0.113.7' };
        const account = { source: ids['hub']!, identifier: 'by the page', name: 'Hub' };
        const book = new SourceRepository(gateway, new Sealer(SEAL));
        expect([made, await book.connect(account, change), await book.connect(account, change)]).toEqual([
          ...['new', 'new', 'kept'],
        ]);
      });
      await expect(connect('mallory', 'admin')).rejects.toMatchObject(GUARDED);
      expect(await connections()).toHaveLength(2);
    });

    it('of other users need no permit', async () => {
      expect((await connect('of alice', 'alice')).rows).toEqual([{ outcome: 'new' }]);
    });
  });

  describe('devices', () => {
    it('are not added by the role of mfa without a permit', async () => {
      await expect(as('mfa', ADD_DEVICE, randomUUID(), ids['admin'])).rejects.toMatchObject(GUARDED);
      expect(await devices()).toEqual([]);
      await as('mfa', ADD_DEVICE, randomUUID(), ids['alice']);
    });

    it.each([
      `UPDATE mfa.devices SET secret = 'mine'`,
      `UPDATE mfa.devices SET handle = 'mine'`,
      `UPDATE mfa.devices SET facts = '{"mine": 1}'`,
      'UPDATE mfa.devices SET id = gen_random_uuid()',
      `INSERT INTO mfa.codes (device_id, digest) SELECT id, 'mine' FROM mfa.devices`,
    ])('are not replaced by the role of mfa: %s', async (sql) => {
      await imported('admin');
      const before = await owner('SELECT * FROM mfa.devices');
      await expect(as('mfa', sql)).rejects.toMatchObject(GUARDED);
      expect(await owner('SELECT * FROM mfa.devices')).toEqual(before);
      expect(await owner('SELECT FROM mfa.codes')).toEqual([]);
    });

    it('do not become a superuser’s by moving them or their codes', async () => {
      const [own, admins] = [await imported('alice'), await imported('admin')];
      await as('mfa', `INSERT INTO mfa.codes (device_id, digest) VALUES ($1, 'mine')`, own);
      const moved = as('mfa', 'UPDATE mfa.devices SET user_id = $2 WHERE id = $1', own, ids['admin']);
      await expect(moved).rejects.toMatchObject(GUARDED);
      const code = as('mfa', 'UPDATE mfa.codes SET device_id = $2 WHERE device_id = $1', own, admins);
      await expect(code).rejects.toMatchObject(GUARDED);
    });

    it('are renamed, counted, used and removed by the role of mfa', async () => {
      const id = await imported('admin');
      await as('mfa', `UPDATE mfa.devices SET name = 'y', counter = 7, last_used_at = now() WHERE id = $1`, id);
      expect(await devices()).toEqual([{ name: 'y' }]);
      await as('mfa', 'DELETE FROM mfa.devices WHERE id = $1', id);
      expect(await devices()).toEqual([]);
    });

    it('are added with their codes by a permit, once, and none by the permit of another service', async () => {
      const add = () =>
        as(
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

    it('are found again by a second attempt to add the same one, without another permit', async () => {
      const id = randomUUID();
      await permit('mfa');
      await as('mfa', ADD_DEVICE, id, ids['admin']);
      await as('mfa', `${ADD_DEVICE} ON CONFLICT DO NOTHING`, id, ids['admin']);
      expect(await devices()).toHaveLength(1);
    });
  });

  it('let no other service change its superuser by a permit that was for a device', async () => {
    await permit('mfa');
    const change = as('enrollment', `UPDATE directory.users SET password_hash = 'mine' WHERE id = $1`, ids['admin']);
    await expect(change).rejects.toMatchObject(GUARDED);
  });
});
