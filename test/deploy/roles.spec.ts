import { randomUUID } from 'node:crypto';
import { DeviceRepository, OrphanedDeviceCleaner } from '@gatehouse/authenticators';
import {
  InvitationRepository,
  PolicyUserRepository,
  TypeormCredentialStore,
  TypeormUserLookup,
} from '@gatehouse/directory';
import { openDataSource, ROLE_SETTINGS, Sealer } from '@gatehouse/platform';
import { SCHEMA_VERSIONS } from '@gatehouse/schemas';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrandRepository } from '../../apps/gateway/src/brands/brand.repository.js';
import { UserDeviceRepository } from '../../apps/gateway/src/devices/user-device.repository.js';
import { ForwardAuthRepository } from '../../apps/gateway/src/forward-auth/forward-auth.repository.js';
import { ApiTokenRepository } from '../../apps/gateway/src/http/auth/api-token.repository.js';
import { SessionRepository } from '../../apps/gateway/src/sessions/session.repository.js';
import { SessionRemovalRepository } from '../../apps/gateway/src/sessions/session-removal.repository.js';
import { OutboxRepository } from '../../libs/courier/src/outbox.repository.js';
import { WebhookDeliveryRepository } from '../../libs/courier/src/webhooks/webhook-delivery.repository.js';
import { tokenHash } from '../../libs/directory/src/token-hash.js';
import { PostgresGroupMembershipStore } from '../../libs/executor-postgres/src/postgres-directory.js';
import { PostgresFlowStore } from '../../libs/executor-postgres/src/postgres-flow-store.js';
import { PostgresPlanStore } from '../../libs/executor-postgres/src/postgres-plan-store.js';
import { cleanerOn, REQUEST_FACTS, recorderOn } from '../../libs/executor-postgres/testing/index.js';
import { Logger } from '../../libs/platform/src/logger.js';
import { LoginPlaceRepository } from '../../libs/policies/src/login-places.repository.js';
import { ReputationRepository } from '../../libs/policies/src/reputation.repository.js';
import { SpentTokenRepository } from '../../libs/stages/src/captcha/spent-token.repository.js';
import { ConsentGrantRepository } from '../../libs/stages/src/consent/consent-grant.repository.js';
import { EnrollmentTransactions } from '../../libs/stages/src/enrollment/enrollment-transaction.js';
import { blueprint, userEntry } from '../support/blueprints.js';
import { describeWithNats } from '../support/nats.js';
import { onServer } from '../support/postgres-databases.js';
import { ComposeStack } from './compose-stack.js';
import { FORBIDDEN } from './forbidden.js';

const INSUFFICIENT_PRIVILEGE = '42501';
const INVALID_PASSWORD = '28P01';

const ROLES = Object.keys(FORBIDDEN);

const alicePayload = {
  kind: 'saved',
  ...{ pk: 1, username: 'alice', name: 'Alice', email: '', is_active: true, epoch: 0, locale: '' },
} as const;

describeWithNats('deploy/postgres/roles.sql', () => {
  let stack: ComposeStack;
  let alice: string;
  beforeAll(async () => {
    stack = await ComposeStack.open();
    await stack.apply(blueprint(userEntry('alice')));
    alice = await stack.as('operator', async (client) => {
      const { rows } = await client.query<{ id: string }>('SELECT id FROM directory.users');
      return rows[0]!.id;
    });
  });
  afterAll(() => stack?.close());

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

  describe.each(ROLES)('the role of %s', (service) => {
    it.each(FORBIDDEN[service]!)('must not run: %s', async (sql) => {
      await expect(stack.as(service, (client) => client.query(sql))).rejects.toMatchObject({
        code: INSUFFICIENT_PRIVILEGE,
      });
    });

    it('can log in, and has no other role attribute or membership', async () => {
      const { rows } = await stack.as(service, (client) =>
        client.query(
          `SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls,
             EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid) AS member
           FROM pg_roles WHERE rolname = current_user`,
        ),
      );
      const none = { rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolbypassrls: false, member: false };
      expect(rows).toEqual([none]);
    });

    it('has the settings of ROLE_SETTINGS on a connection without startup parameters', async () => {
      const { rows } = await stack.as(service, (client) =>
        client.query<{ name: string; value: string }>(
          `SELECT name, current_setting(name) AS value FROM pg_settings WHERE source = 'database user'`,
        ),
      );
      expect(Object.fromEntries(rows.map(({ name, value }) => [name, value]))).toEqual(ROLE_SETTINGS);
    });
  });

  it('lets the courier take, postpone and delete outbox rows, record a login, and deliver events to webhooks', async () => {
    const seal = `k:${Buffer.alloc(32).toString('base64')}`;
    await stack.as('gateway', async (client) => {
      // Removes the events that applying the blueprint has recorded.
      await client.query('DELETE FROM flow.outbox');
      await client.query(
        `INSERT INTO flow.outbox (id, topic, body, due_at) SELECT gen_random_uuid(), 'mail', 'x', now() FROM generate_series(1, 3)`,
      );
    });
    await withPool('courier', async (source) => {
      const outbox = new OutboxRepository(source, new Sealer(seal));
      const [sent, deferred, invalid] = await outbox.lease('mail', 3, 60);
      await outbox.delete([sent!], { topic: 'events.email_sent', body: {} });
      await outbox.retryLater([deferred!], 'away', () => 60);
      await outbox.park(invalid!, 'odd');
      expect(await outbox.countMailTo('alice@example.org', 60)).toBe(1);
      await outbox.recordLogin(alice, new Date());
      await outbox.sweep(0, 0);
      expect(await outbox.stats()).toContainEqual(expect.objectContaining({ sort: 'event', waiting: 1, parked: 0 }));
      const deliveries = new WebhookDeliveryRepository(source, new Sealer(seal));
      const [message] = await outbox.lease('event', 1, 60);
      const body = { action: 'email_sent', context: {}, user: null, client_ip: '203.0.113.7', flow: null };
      await outbox.keep([{ message: message!, body, endpoints: ['a', 'b', 'c'] }]);
      const leased = await Promise.all(['a', 'b', 'c'].map((endpoint) => deliveries.lease(endpoint, 1, 60)));
      const [accepted, refused, given] = leased.flat();
      await deliveries.delete(accepted!);
      await deliveries.retryLater(refused!, 'away', 60);
      await deliveries.park(given!, 'refused');
      await deliveries.sweep(0, 0);
      expect(await deliveries.stats()).toMatchObject([{ endpoint: 'b', waiting: 1, parked: 0 }]);
      await outbox.sweepKept(0);
      expect(await deliveries.stats()).toEqual([]);
    });
  });

  it('lets identification find users by every field that it may match', async () => {
    const match = { fields: ['username', 'email', 'upn'], caseInsensitive: true } as const;
    const found = await withPool('identification', (source) => new TypeormUserLookup(source).find('ALICE', match));
    expect(found).toMatchObject({ uuid: alice, username: 'alice' });
  });

  it('lets the password service read hashes and app passwords, and replace an outdated hash', async () => {
    await stack.as('operator', (client) =>
      client.query(
        `INSERT INTO directory.tokens (identifier, key_hash, intent, user_id) VALUES ('app', $1, 'app_password', $2)`,
        [tokenHash('key'), alice],
      ),
    );
    await withPool('password', async (source) => {
      const credentials = new TypeormCredentialStore(source);
      const { hash: current = '', standIns } = await credentials.findPassword(alice, 'alice');
      expect(standIns).toEqual([current]);
      const outdated = `argon2${current}`;
      await stack.as('operator', (client) => client.query('UPDATE directory.users SET password_hash = $1', [outdated]));
      await credentials.upgradeHash(alice, outdated, current);
      expect(await credentials.findPassword(alice, 'alice')).toMatchObject({ hash: current });
      expect(await credentials.findAppPassword(alice, 'key')).toBeUndefined();
      await stack.as('operator', (client) => client.query(`UPDATE directory.tokens SET expiring = false`));
      expect(await credentials.findAppPassword(alice, 'key')).toMatchObject({ identifier: 'app' });
    });
  });

  it('lets the policy service read users and reputation, and lets only this service expire a password', async () => {
    await withPool('policy', async (source) => {
      const users = new PolicyUserRepository(source);
      expect(await users.find({ username: 'alice' }, 1)).toMatchObject([{ uuid: alice, has_usable_password: true }]);
      expect(await users.findGroupsOf(alice, { above: true, filters: { name: 'nobody' } })).toEqual([]);
      expect(await users.findGroupAttributes(alice)).toEqual({});
      const score = new ReputationRepository(source).score({ ip: '203.0.113.7', identifier: 'alice' });
      expect([await new LoginPlaceRepository(source).findLatest(alice, 5), await score]).toEqual([[], 0]);
      await users.expirePassword(alice, new Date(0));
      expect(await users.find({ username: 'alice' }, 1)).toMatchObject([{ has_usable_password: true }]);
    });
    for (const service of ROLES.filter((name) => name !== 'policy')) {
      const expire = stack.as(service, (db) => db.query('SELECT directory.expire_password($1, now())', [alice]));
      await expect(expire).rejects.toMatchObject({ code: INSUFFICIENT_PRIVILEGE });
    }
  });

  it('lets the gateway find flows and brands, read group memberships, delete expired rows and record journeys', async () => {
    await withPool('gateway', async (source) => {
      expect(
        await new PostgresFlowStore(source, new Sealer(`k:${Buffer.alloc(32).toString('base64')}`)).findConfigureFlow(
          alice,
        ),
      ).toBeUndefined();
      const brands = new BrandRepository(source, { BRAND: 'Here', BASE_URL: 'https://id.example.org' });
      expect(await brands.find('id.example.org')).toMatchObject({ title: 'Here' });
      expect(await new PostgresGroupMembershipStore(source).filterGroups(alice, [alice])).toEqual(new Set());
      await expect(cleanerOn(source).sweep()).resolves.toBeUndefined();
      expect(await cleanerOn(source).backlog()).toContainEqual({ table: 'directory.tokens', rows: 0 });
      await expect(recorderOn(source).run()).resolves.toBeUndefined();
    });
  });

  it('lets the gateway find the users of API tokens, and list and end sessions', async () => {
    await stack.as('operator', (client) =>
      client.query(
        `INSERT INTO directory.tokens (identifier, key_hash, intent, user_id, expiring) VALUES ('api', $1, 'api', $2, false)`,
        [tokenHash('api-key'), alice],
      ),
    );
    await withPool('gateway', async (source) => {
      const sessions = new SessionRepository(source, { AVATARS: 'none' });
      const tokens = new ApiTokenRepository(source, { AVATARS: 'none' });
      expect(await tokens.findUser('api-key')).toMatchObject({ username: 'alice' });
      expect(await tokens.findUser('key')).toBeUndefined();
      expect(await source.query('SELECT user_id FROM directory.api_tokens')).toEqual([{ user_id: alice }]);
      expect(await sessions.list(alice, { offset: 0, limit: 1 })).toEqual([]);
      const removals = new SessionRemovalRepository(source, new Sealer(`k:${Buffer.alloc(32).toString('base64')}`));
      expect(await removals.remove(alice, undefined, REQUEST_FACTS)).toBeUndefined();
    });
  });

  it('lets mfa save devices and delete those of deleted users, and the gateway list, rename and remove them', async () => {
    const sealer = new Sealer(`k:${Buffer.alloc(32).toString('base64')}`);
    const device = { id: randomUUID(), user: alice, kind: 'totp', name: 'App' } as const;
    await withPool('mfa', async (source) => {
      await new DeviceRepository(source, sealer).add(device);
      expect(await new OrphanedDeviceCleaner(source).sweep()).toBe(0);
    });
    await withPool('gateway', async (source) => {
      const devices = new UserDeviceRepository(source, sealer);
      const change = { owner: { ...alicePayload, uuid: alice }, facts: REQUEST_FACTS };
      const [found] = await devices.list({ owner: alice }, { offset: 0, limit: 5 });
      expect([await devices.rename(found!, 'Phone', change), await devices.count({ owner: alice })]).toEqual([true, 1]);
      expect(await devices.find(alice, found!)).toMatchObject({ kind: 'totp', name: 'Phone' });
      expect(await devices.remove(found!, change)).toBe(true);
    });
  });

  it('lets the gateway find plans, proved devices and forward-auth sites, and redeem forward-auth codes', async () => {
    await withPool('gateway', async (source) => {
      const lifetimes = {
        anonymousSessionS: 60,
        unansweredS: 60,
        sessionS: 60,
        planS: 60,
        proofS: 60,
        credentialProofS: 60,
        sourceLoginS: 60,
      };
      const settings = { lifetimes, attributes: true, saveCheckS: 0, logger: new Logger() };
      const plans = new PostgresPlanStore(source, new Sealer(`k:${Buffer.alloc(32).toString('base64')}`), settings);
      expect(await plans.load('nowhere', Buffer.alloc(32))).toBeUndefined();
      const proof = { user: alice, withinS: 60 };
      expect(await new SessionRepository(source, { AVATARS: 'none' }).hasProvedDevice(randomUUID(), proof)).toBe(false);
      const sites = new ForwardAuthRepository(source, new Sealer(`k:${Buffer.alloc(32).toString('base64')}`));
      const [hash, application] = [Buffer.alloc(32), randomUUID()];
      expect(await sites.find('https://nowhere.example.org', hash)).toBeUndefined();
      const code = { hash, nonceHash: hash, destinationHash: hash, cookieHash: hash, application, lifetimeS: 1 };
      expect(await sites.redeem(code)).toBe(false);
    });
  });

  it('lets the captcha service mark tokens as used, and the consent service save grants', async () => {
    await withPool('captcha', async (source) => {
      const token = { account: 'a', text: 'b' };
      expect(await new SpentTokenRepository(source).spend(token, 'one')).toBe(true);
      expect(await new SpentTokenRepository(source).spend(token, 'other')).toBe(false);
    });
    await withPool('consent', async (source) => {
      const grant = { user: alice, application: { uuid: alice, slug: 'app', name: 'App' } };
      await new ConsentGrantRepository(source, 10).add('one', grant, { permissions: ['a'], lifetime_s: 60 });
      expect(await new ConsentGrantRepository(source, 10).find(grant)).toMatchObject({ permissions: ['a'] });
    });
  });

  it('lets enrollment create, change and delete users, and add them to groups', async () => {
    await withPool('enrollment', (source) =>
      new EnrollmentTransactions(source).runOnce('a', async ({ accounts }) => {
        const draft = {
          username: 'new',
          is_active: true,
          type: 'internal',
          path: 'users',
          password_hash: 'h',
          awaits_flow: alice,
        } as const;
        const { uuid } = await accounts.create(draft);
        await accounts.join(uuid, { ids: [alice], names: ['staff'] });
        const change = { name: 'New', attributes: { shoe: 38 }, password_hash: 'h2' };
        expect(await accounts.change(uuid, change)).toMatchObject({ user: { name: 'New' } });
        expect(await accounts.remove(uuid)).toBe(true);
        return {};
      }),
    );
  });

  it('lets the gateway create, change and delete invitations, and enrollment redeem them', async () => {
    const fields = { name: 'a', expires: null, fixed_data: {}, single_use: true, flow: null };
    const { pk } = await withPool('gateway', async (source) => {
      const invitations = new InvitationRepository(source);
      expect(await invitations.remove((await invitations.create({ ...fields, by: alice })).pk)).toBe(true);
      const { pk: kept } = await invitations.create({ ...fields, by: alice });
      expect(await invitations.list({ creator: 'alice' }, { offset: 0, limit: 1, order: [] })).toHaveLength(1);
      return (await invitations.update(kept, { ...fields, name: 'b' }))!;
    });
    await withPool('enrollment', async (source) => {
      const invitations = new InvitationRepository(source);
      expect(await invitations.findUsable(pk, undefined)).toMatchObject({ name: 'b' });
      expect(await invitations.redeem(pk, undefined)).toEqual({ name: 'b' });
    });
    const query = (service: string, sql: string) => stack.as(service, (client) => client.query(sql));
    for (const [service, sql] of [
      ['gateway', `UPDATE directory.invitations SET created_by = NULL`],
      ['enrollment', `UPDATE directory.invitations SET expires = NULL`],
      ['enrollment', `INSERT INTO directory.invitations (name) VALUES ('mine')`],
    ] as const)
      await expect(query(service, sql)).rejects.toMatchObject({ code: INSUFFICIENT_PRIVILEGE });
  });

  it('revokes a privilege that another script has granted, when it runs again', async () => {
    const readTokens = () =>
      stack.as('identification', (client) => client.query('SELECT key_hash FROM directory.tokens'));
    await stack.as('operator', (client) =>
      client.query('GRANT SELECT ON directory.tokens TO gatehouse_identification'),
    );
    await expect(readTokens()).resolves.toBeDefined();
    const roles = (await stack.run('roles')).match(/gatehouse_\w+/g) ?? [];
    expect(roles.toSorted()).toEqual(ROLES.map((service) => `gatehouse_${service}`).toSorted());
    await expect(readTokens()).rejects.toMatchObject({ code: INSUFFICIENT_PRIVILEGE });
  });

  it('makes a migration visible to a service only when the privileges for it are granted', async () => {
    const newest = () =>
      stack.as('captcha', async (client) => {
        const { rows } = await client.query<{ max: string }>('SELECT max("timestamp") FROM captcha.migrations');
        return Number(rows[0]!.max);
      });
    await stack.as('operator', (client) =>
      client.query(`INSERT INTO captcha.migrations ("timestamp", name) VALUES (9999999999999, 'Next9999999999999')`),
    );
    expect(await newest()).toBe(SCHEMA_VERSIONS.captcha);
    await stack.run('roles');
    expect(await newest()).toBe(9_999_999_999_999);
  });

  it('stores passwords only as SCRAM verifiers, and rejects a wrong password', async () => {
    const { rows } = await stack.as('operator', (client) =>
      client.query<{ rolpassword: string }>(`SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'gatehouse\\_%'`),
    );
    expect(rows).toHaveLength(ROLES.length);
    for (const { rolpassword } of rows) expect(rolpassword).toMatch(/^SCRAM-SHA-256\$/);
    const url = new URL(stack.environment('gateway')['DATABASE_URL']!);
    url.password = 'another';
    await expect(onServer(url.href, async () => undefined)).rejects.toMatchObject({ code: INVALID_PASSWORD });
  });
});
