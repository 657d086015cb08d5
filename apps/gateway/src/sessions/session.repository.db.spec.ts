import { randomBytes, randomUUID } from 'node:crypto';
import { newSessionKey } from '@gatehouse/executor';
import { PostgresSessionBindingStore, truncatedUserAgent } from '@gatehouse/executor-postgres';
import {
  enrol,
  eventContextFor,
  LIFETIMES,
  login,
  PlanStoreHarness,
  REQUEST_FACTS,
} from '@gatehouse/executor-postgres/testing';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordedEvents } from '../../../../test/support/recorded-events.js';
import { SessionRepository } from './session.repository.js';
import { SessionRemovalRepository } from './session-removal.repository.js';

const sealing = { SEAL_KEYS: `a:${randomBytes(32).toString('base64')}` };
let store: PlanStoreHarness;
let sessions: SessionRepository;
let bound: PostgresSessionBindingStore;
let removals: SessionRemovalRepository;

beforeAll(async () => {
  store = await PlanStoreHarness.open();
  sessions = new SessionRepository(store.source, { AVATARS: 'none' });
  const sealer = new Sealer(sealing.SEAL_KEYS);
  bound = new PostgresSessionBindingStore(store.source, sealer);
  removals = new SessionRemovalRepository(store.source, sealer);
});
afterAll(() => store.close());
beforeEach(() => store.nextFlow());

type User = Awaited<ReturnType<typeof enrol>>;

async function logIn(user: User, options: Parameters<typeof login>[1] = {}, proved = false) {
  const begun = await store.begin();
  const { hash } = newSessionKey(undefined);
  const about = { ...eventContextFor(user, store.slug), recentlyProved: proved, userAgent: 'curl/8.5.0' };
  await store.save(begun, { effects: [login(user, options)], newKey: hash, eventContext: about });
  return { id: begun.sessionId, hash, before: begun.hash };
}
const allEntries = { offset: 0, limit: 100 };

describe('the list of sessions', () => {
  it('shows the client, the last use and the expiry of each session', async () => {
    const user = await enrol(store.source);
    const { id } = await logIn(user);

    expect(await sessions.list(user.uuid, allEntries)).toEqual([
      {
        ...{ id, userPk: user.pk, lastIp: '203.0.113.7', userAgent: 'curl/8.5.0' },
        ...{ lastUsed: expect.any(Date), expires: expect.any(Date) },
      },
    ]);
    expect(await sessions.findListed(id, user.uuid)).toMatchObject({ id });
  });

  it('contains only the sessions of the user, the last used first, in pages (accident 48)', async () => {
    const [user, other] = [await enrol(store.source), await enrol(store.source)];
    const first = await logIn(user);
    await logIn(other);
    const second = await logIn(user);

    expect(await sessions.count(user.uuid)).toBe(2);
    expect((await sessions.list(user.uuid, allEntries)).map(({ id }) => id)).toEqual([second.id, first.id]);
    expect((await sessions.list(user.uuid, { offset: 1, limit: 1 })).map(({ id }) => id)).toEqual([first.id]);
    expect(await sessions.findListed(first.id, other.uuid)).toBeUndefined();
    expect(await sessions.count(undefined)).toBeGreaterThanOrEqual(3);
  });

  it.each([
    [
      'that have expired, even before the cleaner runs',
      `UPDATE flow.sessions SET expires_at = now() WHERE user_id = $1`,
    ],
    ['of a disabled user', 'UPDATE directory.users SET is_active = false WHERE id = $1'],
    ['of a user whose password was changed', 'UPDATE directory.users SET epoch = epoch + 1 WHERE id = $1'],
    ['of anonymous visitors', 'UPDATE flow.sessions SET user_id = NULL WHERE user_id = $1'],
  ])('contains no sessions %s', async (_, change) => {
    const user = await enrol(store.source);
    const { id } = await logIn(user);
    await store.source.query(change, [user.uuid]);

    expect(await sessions.count(user.uuid)).toBe(0);
    expect(await sessions.list(user.uuid, allEntries)).toEqual([]);
    expect(await sessions.findListed(id, undefined)).toBeUndefined();
  });
});

describe('the removal of a session', () => {
  it('ends the session at once and deletes its plans and keys (accident 13)', async () => {
    const user = await enrol(store.source);
    const { id, hash } = await logIn(user);

    expect(await removals.remove(id, user.uuid, REQUEST_FACTS)).toContainEqual(hash);
    expect(await sessions.find(hash)).toBeUndefined();
    expect((await store.plans.load(store.slug, hash))?.session).toBeUndefined();
    expect(await store.count('SELECT FROM flow.session_keys WHERE session_id = $1', id)).toBe(0);
    expect(await removals.remove(id, user.uuid, REQUEST_FACTS)).toBeUndefined();
  });

  it('removes a session of another user only if it is not restricted to a user (accident 48)', async () => {
    const [user, other] = [await enrol(store.source), await enrol(store.source)];
    const { id, hash } = await logIn(user);

    expect(await removals.remove(id, other.uuid, REQUEST_FACTS)).toBeUndefined();
    expect(await removals.remove(randomUUID(), undefined, REQUEST_FACTS)).toBeUndefined();
    expect(await removals.remove(id, undefined, REQUEST_FACTS)).toContainEqual(hash);
  });

  it('never ends the session of an anonymous visitor', async () => {
    const { sessionId } = await store.begin();

    expect(await removals.remove(sessionId, undefined, REQUEST_FACTS)).toBeUndefined();
  });
});

describe('an active session', () => {
  const useOnce = async (duration_s: number | null) => {
    const { id, hash } = await logIn(await enrol(store.source), { duration_s });
    await store.source.query(
      `UPDATE flow.sessions SET seen_at = now() - interval '1 h', expires_at = now() + interval '2 h' WHERE id = $1`,
      [id],
    );
    await sessions.find(hash);
    const [row] = await store.source.query<{ left: number; unseen: number }[]>(
      `SELECT extract(epoch FROM expires_at - now())::int AS left, extract(epoch FROM now() - seen_at)::int AS unseen
       FROM flow.sessions WHERE id = $1`,
      [id],
    );
    return row!;
  };

  it('extends its expiry if its login set no duration', async () => {
    const { left, unseen } = await useOnce(null);

    expect(left).toBeGreaterThan(LIFETIMES.sessionS - 60);
    expect(unseen).toBeLessThan(60);
  });

  it('never outlasts the duration that its login set', async () => {
    const { left, unseen } = await useOnce(9000);

    expect(left).toBeLessThanOrEqual(7200);
    expect(unseen).toBeLessThan(60);
  });

  it('cannot be used after it has expired, even if no cleaner runs (accident 15)', async () => {
    const { id, hash } = await logIn(await enrol(store.source));
    await store.source.query('UPDATE flow.sessions SET expires_at = now() WHERE id = $1', [id]);

    expect(await sessions.find(hash)).toBeUndefined();
    expect((await store.plans.load(store.slug, hash))?.session).toBeUndefined();
  });
});

describe('a bound session', () => {
  const bindings = { network: 'bind_asn', geoip: 'bind_continent' };

  it('stores its bindings, and the address and user agent of its last use', async () => {
    const { id, hash } = await logIn(await enrol(store.source), { bindings });
    await bound.updateClient(id, { ip: '198.51.100.7', user_agent: 'another' });

    expect(await bound.findBindings(id)).toEqual(bindings);
    expect(await sessions.find(hash)).toMatchObject({ id, lastIp: '198.51.100.7' });
    expect((await store.plans.load(store.slug, hash))?.session).toMatchObject({ lastIp: '198.51.100.7' });
    expect(await sessions.findListed(id, undefined)).toMatchObject({ userAgent: 'another' });
  });

  it('ends if it breaks its binding, and two concurrent breaches write only one logout event', async () => {
    const user = await enrol(store.source);
    const { id, hash } = await logIn(user, { bindings });
    const breach = {
      user,
      violation: { reason: 'geoip.continent', previous_value: 'EU', new_value: 'NA' },
      change: { from: '203.0.113.7', to: '198.51.100.7' },
      request: { userAgent: 'vitest', requestId: 'request-1', location: undefined },
    };
    const logoutEvents = () => store.count(`SELECT FROM flow.outbox WHERE topic = 'events.logout'`);
    const before = await logoutEvents();
    await Promise.all([bound.end(id, breach), bound.end(id, breach)]);

    expect(await sessions.find(hash)).toBeUndefined();
    expect(await bound.findBindings(id)).toBeUndefined();
    expect(await logoutEvents()).toBe(before + 1);
  });

  it('stores at most 512 characters of a user agent', () => {
    expect(truncatedUserAgent('x'.repeat(10_000))).toHaveLength(512);
  });
});

describe('a session whose login proved a device', () => {
  it('reports whether the proved device is old enough, and ignores devices that it did not prove or that were removed', async () => {
    const user = await enrol(store.source);
    const add = async (age: string) => {
      const [device] = await store.source.query<{ pk: number }[]>(
        `INSERT INTO mfa.devices (id, user_id, kind, name, confirmed, created_at)
         VALUES (gen_random_uuid(), $1, 'totp', 'App', true, now() - $2::interval) RETURNING pk`,
        [user.uuid, age],
      );
      return device!.pk;
    };
    const [young, old] = [await add('59 seconds'), await add('61 seconds')];
    const { id } = await logIn(user, { second_factor: true });
    const isOldWith = async (...devices: number[]) => {
      await store.source.query(
        `UPDATE flow.sessions SET data = data || jsonb_build_object('devices', $2::jsonb) WHERE id = $1`,
        [id, JSON.stringify(devices)],
      );
      return sessions.hasProvedOldDevice(id, { user: user.uuid, withinS: 60, ageS: 60 });
    };

    expect([await isOldWith(young), await isOldWith(young, old), await isOldWith()]).toEqual([false, true, false]);
    await store.source.query('DELETE FROM mfa.devices WHERE pk = $1', [old]);
    expect(await isOldWith(young, old)).toBe(false);
    const without = await logIn(user);
    const proof = { user: user.uuid, withinS: 60, ageS: 0 };
    expect(await sessions.hasProvedOldDevice(without.id, proof)).toBeUndefined();
  });

  it('proves a device for a limited time and only for its user; a session without that proof does not', async () => {
    const [user, other] = [await enrol(store.source), await enrol(store.source)];
    const { id, hash } = await logIn(user, { second_factor: true });
    const hasProved = (owner = user, withinS = 60) => sessions.hasProvedDevice(id, { user: owner.uuid, withinS });

    expect([await hasProved(), await hasProved(other), await hasProved(user, 0)]).toEqual([true, false, false]);
    const without = await logIn(user);
    expect(await sessions.hasProvedDevice(without.id, { user: user.uuid, withinS: 60 })).toBe(false);
    const isProved = async (key: Buffer) => (await store.plans.load(store.slug, key))?.session?.deviceProved;
    expect([await isProved(hash), await isProved(without.hash)]).toEqual([true, false]);
    await store.source.query(
      `UPDATE flow.sessions SET data = data || jsonb_build_object('login_at', now() - $2::interval) WHERE id = $1`,
      [id, `${LIFETIMES.proofS + 1} seconds`],
    );
    expect(await isProved(hash)).toBe(false);
  });
});

describe('a session whose login proved the user', () => {
  it('is a recent proof for a limited time, and only for its user', async () => {
    const [user, other] = [await enrol(store.source), await enrol(store.source)];
    const { id, hash } = await logIn(user, {}, true);
    const without = await logIn(user);
    const isRecent = (session: string, owner = user, withinS = 60) =>
      sessions.isRecentLogin(session, { user: owner.uuid, withinS });
    expect([await isRecent(id), await isRecent(id, other), await isRecent(id, user, 0)]).toEqual([true, false, false]);
    expect(await isRecent(without.id)).toBe(false);

    const hasRecentLogin = async (key: Buffer) => (await store.plans.load(store.slug, key))?.session?.recentlyProved;
    expect([await hasRecentLogin(hash), await hasRecentLogin(without.hash)]).toEqual([true, false]);
    await store.source.query(
      `UPDATE flow.sessions SET data = data || jsonb_build_object('login_at', now() - $2::interval) WHERE id = $1`,
      [id, `${LIFETIMES.credentialProofS + 1} seconds`],
    );
    expect(await hasRecentLogin(hash)).toBe(false);
  });
});

describe('the choice among several session keys', () => {
  const unknown = () => randomBytes(32);
  const isLive = async (id: string) => (await store.count('SELECT FROM flow.sessions WHERE id = $1', id)) === 1;

  it('returns the key of the only live session', async () => {
    const { hash, before } = await logIn(await enrol(store.source));
    const only = { key: hash, planted: [] };
    expect(await sessions.choose([unknown(), hash, unknown()])).toEqual(only);
    expect(await sessions.choose([hash, before])).toEqual(only);
    const old = await store.begin();
    await store.source.query('UPDATE flow.sessions SET expires_at = now() WHERE id = $1', [old.sessionId]);
    expect(await sessions.choose([old.hash, hash])).toEqual(only);
  });

  it('returns a retired key if it is the only known key', async () => {
    const [one, other] = [await logIn(await enrol(store.source)), await logIn(await enrol(store.source))];
    expect(await sessions.choose([one.before, unknown()])).toEqual({ key: one.before, planted: [] });
    expect(await sessions.choose([one.before, other.before])).toEqual({ key: undefined, planted: [] });
    expect(await sessions.choose([unknown(), unknown()])).toEqual({ key: undefined, planted: [] });
    expect([await isLive(one.id), await isLive(other.id)]).toEqual([true, true]);
  });

  it('returns the ids of the sessions, and no key, if the keys belong to several live sessions', async () => {
    const [one, other] = [await logIn(await enrol(store.source)), await store.begin()];
    const { key, planted } = await sessions.choose([one.hash, unknown(), other.hash, one.before]);
    expect(key).toBeUndefined();
    expect(planted.toSorted()).toEqual([one.id, other.sessionId].toSorted());
  });

  it('is followed by the end of all these sessions, once even for concurrent requests, with one event per logged-in user', async () => {
    const bystander = await logIn(await enrol(store.source));
    const [alice, bob] = [await enrol(store.source), await enrol(store.source)];
    const [one, two, anonymous] = [await logIn(alice), await logIn(bob), await store.begin()];
    const ids = [one.id, two.id, anonymous.sessionId];
    await store.source.query('DELETE FROM flow.outbox');
    const ended = await Promise.all(
      Array.from({ length: 8 }, (_, i) => removals.removePlanted(i % 2 ? ids : ids.toReversed(), REQUEST_FACTS)),
    );
    expect(ended.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 0, 0, 0, 3]);
    expect(await Promise.all([...ids, bystander.id].map(isLive))).toEqual([false, false, false, true]);
    const recorded = await recordedEvents({ rows: (sql) => store.source.query(sql), sealing }, 'session_ended');
    const facts = { own: false, reason: 'several_session_cookies' };
    expect(new Map(recorded.map(({ subject, data }) => [subject, data]))).toEqual(
      new Map([
        [`users/${alice.uuid}`, expect.objectContaining({ context: { session: one.id, ...facts } })],
        [`users/${bob.uuid}`, expect.objectContaining({ context: { session: two.id, ...facts } })],
      ]),
    );
    expect(recorded[0]!.data).toMatchObject({ actor: { type: 'anonymous' }, client_ip: REQUEST_FACTS.clientIp });
    expect(await store.count('SELECT FROM flow.outbox')).toBe(2);
  });
});
