import { randomBytes, randomUUID } from 'node:crypto';
import type { AttemptReservation } from '@gatehouse/executor';
import { newSessionKey } from '@gatehouse/executor';
import { PostgresAttemptStore } from '@gatehouse/executor-postgres';
import {
  enrol,
  eventContextFor,
  freshPlan,
  LIFETIMES,
  login,
  PlanStoreHarness,
  publish,
} from '@gatehouse/executor-postgres/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SessionRepository } from '../../../apps/gateway/src/sessions/session.repository.js';
import { waitForBlockedStatements } from '../../../test/support/blocked-statements.js';
import { scrape } from '../../../test/support/metrics.js';

let store: PlanStoreHarness;

beforeAll(async () => {
  store = await PlanStoreHarness.open();
});
afterAll(() => store.close());
beforeEach(() => store.nextFlow());

const sessionOf = async (key: Buffer) => (await store.plans.load(store.slug, key))?.session;

describe('a saved login', () => {
  it('happens once, with all its effects, when concurrent requests save it', async () => {
    const user = await enrol(store.source);
    const begun = await store.begin();
    const save = () =>
      store.save(begun, {
        effects: [
          login(user),
          { type: 'event', action: 'login', context: { password: 'x' } },
          { type: 'reputation', identifier: store.slug, delta: 1 },
        ],
        newKey: randomBytes(32),
        eventContext: eventContextFor(user, store.slug),
      });
    const won = (await Promise.all(Array.from({ length: 20 }, save))).filter(Boolean);

    expect(won).toHaveLength(1);
    expect(
      await store.count('SELECT FROM flow.session_keys WHERE session_id = $1 AND until IS NULL', begun.sessionId),
    ).toBe(1);
    expect(await store.count('SELECT FROM flow.reputation WHERE identifier = $1 AND score = 1', store.slug)).toBe(1);
    expect(await store.count('SELECT FROM flow.sessions WHERE user_id = $1', user.uuid)).toBe(1);
  });

  it.each([
    ['disabled', 'UPDATE directory.users SET is_active = false WHERE id = $1'],
    ['given another password', 'UPDATE directory.users SET epoch = epoch + 1 WHERE id = $1'],
    ['removed', 'DELETE FROM directory.users WHERE id = $1'],
  ])('is rolled back with all its effects if the user was %s after the plan was loaded', async (_, change) => {
    const user = await enrol(store.source);
    const begun = await store.begin();
    await store.source.query(change, [user.uuid]);

    expect(await store.logIn(begun, user)).toBe(false);
    expect((await store.plans.load(store.slug, begun.hash))?.stored?.revision).toBe(0);
    expect(await store.count('SELECT FROM flow.session_keys WHERE session_id = $1', begun.sessionId)).toBe(1);
  });

  it('retires the old session key, which no longer authenticates and expires soon', async () => {
    const user = await enrol(store.source);
    const begun = await store.begin();
    const { hash } = newSessionKey(undefined);
    await store.logIn(begun, user, { newKey: hash });
    const sessions = new SessionRepository(store.source, { AVATARS: 'none' });

    expect(await sessionOf(hash)).toMatchObject({ retired: false, user: { uuid: user.uuid } });
    expect(await sessionOf(begun.hash)).toMatchObject({ id: begun.sessionId, retired: true, user: undefined });
    expect((await sessions.find(hash))?.user.uuid).toBe(user.uuid);
    expect(await sessions.find(begun.hash)).toBeUndefined();
    expect([await store.plans.listSlugs(begun.hash), await store.plans.deletePlans(begun.hash)]).toEqual([
      [],
      { user: undefined, cancelled: undefined },
    ]);
    expect(await store.plans.listSlugs(hash)).toEqual([store.slug]);
    await store.source.query(`UPDATE flow.session_keys SET until = now() - interval '1 s' WHERE hash = $1`, [
      begun.hash,
    ]);
    expect(await sessionOf(begun.hash)).toBeUndefined();
  });

  it('ends at once if the user is disabled, the user’s epoch increases, or the session is deleted', async () => {
    const user = await enrol(store.source);
    const begun = await store.begin();
    const { hash } = newSessionKey(undefined);
    await store.logIn(begun, user, { newKey: hash });
    const setActive = (active: boolean) =>
      store.source.query('UPDATE directory.users SET is_active = $2 WHERE id = $1', [user.uuid, active]);
    await setActive(false);
    expect(await new SessionRepository(store.source, { AVATARS: 'none' }).find(hash)).toBeUndefined();
    expect((await sessionOf(hash))?.user).toBeUndefined();
    await setActive(true);
    expect((await sessionOf(hash))?.user?.uuid).toBe(user.uuid);
    await store.source.query('UPDATE directory.users SET epoch = epoch + 1 WHERE id = $1', [user.uuid]);
    expect(await new SessionRepository(store.source, { AVATARS: 'none' }).find(hash)).toBeUndefined();
    expect((await sessionOf(hash))?.user).toBeUndefined();
    await store.source.query('DELETE FROM flow.sessions WHERE id = $1', [begun.sessionId]);

    expect(await sessionOf(hash)).toBeUndefined();
  });

  it('deletes plans of the session that an anonymous visitor or another user started', async () => {
    const [first, second] = [await enrol(store.source), await enrol(store.source)];
    const begun = await store.begin();
    const plansOf = () => store.count('SELECT FROM flow.plans WHERE session_id = $1', begun.sessionId);
    const anotherPlan = async () => {
      const other = await publish(store.source, `other-${randomUUID()}`);
      await store.plans.create({ ...other, plan: freshPlan(), session: { id: begun.sessionId }, replaces: undefined });
    };
    const left: number[] = [];
    for (const [revision, user] of [first, first, second].entries()) {
      await anotherPlan();
      await store.logIn(begun, user, { revision });
      left.push(await plansOf());
    }

    expect(left).toEqual([1, 2, 1]);
  });

  it('has a fixed lifetime if the effect has a duration, else a sliding lifetime', async () => {
    const user = await enrol(store.source);
    const lasting = async (duration_s: number | null) => {
      const begun = await store.begin();
      await store.logIn(begun, user, { duration_s });
      const [row] = await store.source.query<{ left: number; slides: boolean }[]>(
        `SELECT extract(epoch FROM expires_at - seen_at)::int AS left, ttl IS NOT NULL AS slides FROM flow.sessions WHERE id = $1`,
        [begun.sessionId],
      );
      return row;
    };

    expect(await lasting(7200)).toEqual({ left: 7200, slides: false });
    expect(await lasting(null)).toEqual({ left: LIFETIMES.sessionS, slides: true });
  });

  it('ends the user’s other sessions without a deadlock, even by concurrent logins', async () => {
    const user = await enrol(store.source);
    const begun = await Promise.all(Array.from({ length: 6 }, () => store.begin()));
    await Promise.all(begun.map((each) => store.logIn(each, user)));
    const ends = begun.map((each) => store.logIn(each, user, { revision: 1, terminate_other_sessions: true }));
    await Promise.all(ends);

    expect(await store.count('SELECT FROM flow.sessions WHERE user_id = $1', user.uuid)).toBe(1);
    expect(await deadlocks()).toBe(0);
  });

  it('that ends other sessions leaves one session after concurrent logins of a user', async () => {
    const user = await enrol(store.source);
    const begun = await Promise.all(Array.from({ length: 6 }, () => store.begin()));
    const saved = async () => (await scrape('gatehouse_statement_seconds_count{statement="save",outcome="ok"}')) ?? 0;
    const before = await saved();
    // The locks let each save begin before any other save ends.
    const ends = await store.source.transaction(async (manager) => {
      await manager.query('SELECT FROM flow.sessions WHERE id = ANY($1) FOR UPDATE', [
        begun.map(({ sessionId }) => sessionId),
      ]);
      const logins = begun.map((each) => store.logIn(each, user, { terminate_other_sessions: true }));
      await waitForBlockedStatements(store.source, begun.length);
      return logins;
    });
    await Promise.all(ends);

    expect(await store.count('SELECT FROM flow.sessions WHERE user_id = $1', user.uuid)).toBe(1);
    expect(await saved()).toBe(before + begun.length);
  });

  it('resets and releases attempts in the save of the plan, and keeps all others', async () => {
    const attempts = new PostgresAttemptStore(store.source);
    const claims = ['right', 'untouched', 'wrong'].map(
      (credential): AttemptReservation => ({
        subject: randomBytes(16),
        credential,
        free: 5,
        hard: 50,
        forgetAfterS: undefined,
      }),
    );
    await attempts.reserve(claims, 0);
    await attempts.reserve(claims, 0);
    await store.save(await store.begin(), { reset: [claims[0]!], released: [claims[1]!] });
    const rows = await store.source.query<{ credential: string; failures: number }[]>(
      'SELECT credential, failures FROM flow.attempts WHERE subject = ANY ($1) ORDER BY credential',
      [claims.map(({ subject }) => subject)],
    );

    expect(rows).toEqual([
      { credential: 'untouched', failures: 1 },
      { credential: 'wrong', failures: 2 },
    ]);
  });

  it('removes the delay of an attempt that the same save releases', async () => {
    const attempts = new PostgresAttemptStore(store.source);
    const credential = { credential: 'network', free: 1, hard: undefined, forgetAfterS: 900 };
    const place: AttemptReservation = { subject: randomBytes(16), ...credential };
    await attempts.reserve([place], 0);
    await store.source.query('UPDATE flow.attempts SET free_at = to_timestamp(0) WHERE subject = $1', [place.subject]);
    const outcome = await attempts.reserve([place], 0);
    expect(await attempts.reserve([place], 0)).toMatchObject({ reserved: false });
    await store.save(await store.begin(), { released: outcome.reserved ? outcome.reservations : [] });

    expect(await attempts.reserve([place], 0)).toMatchObject({ reserved: true });
  });

  it('lowers the reputation of a username of any length', async () => {
    const identifier = Array.from(randomBytes(512), (byte) => String.fromCodePoint(0x1f300 + byte)).join('');

    expect(await store.save(await store.begin(), { effects: [{ type: 'reputation', identifier, delta: -1 }] })).toBe(
      true,
    );
    expect(await store.count(`SELECT FROM flow.reputation WHERE identifier LIKE 'sha256:%'`)).toBe(1);
  });

  it('stores the reputation of the longest possible username without hashing the name, also one of emoji', async () => {
    const identifier = '😀'.repeat(150);
    await store.save(await store.begin(), { effects: [{ type: 'reputation', identifier, delta: -1 }] });
    expect(await store.count('SELECT FROM flow.reputation WHERE identifier = $1', identifier)).toBe(1);
  });

  it('keeps a reputation score within its limits', async () => {
    const scoreAfter = async (...deltas: number[]) => {
      for (const delta of deltas)
        await store.save(await store.begin(), { effects: [{ type: 'reputation', identifier: store.slug, delta }] });
      const [row] = await store.source.query('SELECT score FROM flow.reputation WHERE identifier = $1', [store.slug]);
      return row.score as number;
    };
    expect(await scoreAfter(-1, -1, -1)).toBe(-3);
    Object.assign(store.reputation, { lowest: -2, highest: 1 });
    expect(await scoreAfter(-1)).toBe(-2);
    expect(await scoreAfter(1, 1, 1, 1)).toBe(1);
    store.reputation.lowest = undefined;
    expect(await scoreAfter(-1, -1, -1, -1)).toBe(-3);
    await store.source.query('DELETE FROM flow.reputation');
    Object.assign(store.reputation, { lowest: -2, highest: undefined });
    expect(await scoreAfter(-7)).toBe(-2);
    store.reputation.lowest = undefined;
  });

  it('encrypts its outbox rows', async () => {
    await store.save(await store.begin(), {
      effects: [{ type: 'event', action: 'seen', context: { plainly: 'visible-if-not-sealed' } }],
    });
    const rows = await store.source.query<{ body: string }[]>(
      `SELECT encode(body, 'escape') AS body FROM flow.outbox WHERE topic = 'events.seen'`,
    );

    expect(rows).toHaveLength(1);
    expect(rows[0]?.body).not.toContain('visible-if-not-sealed');
  });
});

async function deadlocks(): Promise<number> {
  const [row] = await store.source.query<{ deadlocks: string }[]>(
    'SELECT pg_stat_get_db_deadlocks(oid) AS deadlocks FROM pg_database WHERE datname = current_database()',
  );
  return Number(row?.deadlocks);
}
