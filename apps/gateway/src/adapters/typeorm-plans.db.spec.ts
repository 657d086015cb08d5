import { randomBytes, randomUUID } from 'node:crypto';
import type { Effect } from '@gatehouse/contracts';
import { draw, type Plan } from '@gatehouse/plan';
import { Logger, Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enrol, flowDatabase, publish } from '../../../../test/support/flow-database.js';
import type { Claim } from '../execution/attempts.js';
import type { Save } from '../execution/plans.js';
import { newSessionKey } from '../execution/session-key.js';
import { ALICE, versionOf } from '../execution/testing.js';
import { TypeormAttempts } from './typeorm-attempts.js';
import { TypeormJanitor } from './typeorm-janitor.js';
import { TypeormPlans } from './typeorm-plans.js';
import { TypeormSessions } from './typeorm-sessions.js';

const SEAL_KEY = `a:${randomBytes(32).toString('base64')}`;
const logger = new Logger('test', 'silent');
const lifetimes = { anonymousSessionS: 3600, sessionS: 86_400, planS: 600 };

let source: DataSource;
let close: () => Promise<void>;
let plans: TypeormPlans;
let flow: { flowId: string; versionId: string };
let slug: string;

beforeAll(async () => {
  ({ source, close } = await flowDatabase());
  plans = new TypeormPlans(source, new Sealer(SEAL_KEY), { lifetimes, logger });
});
afterAll(() => close());
beforeEach(async () => {
  slug = `flow-${randomUUID().slice(0, 8)}`;
  flow = await publish(source, slug);
});

const freshPlan = (more: Partial<Plan> = {}): Plan => ({
  ...draw(versionOf([{ kind: 'page' }]), randomUUID()),
  ...more,
});

/** A stranger's first request: a session, its key and a plan. */
async function begin(plan = freshPlan()) {
  const { hash } = newSessionKey(undefined);
  const sessionId = await plans.begin({ ...flow, plan, session: { newKey: hash }, replaces: undefined });
  return { hash, plan, sessionId: sessionId! };
}

const saveOf = (begun: { sessionId: string; plan: Plan }, more: Partial<Save> = {}): Save => ({
  sessionId: begun.sessionId,
  flowId: flow.flowId,
  plan: begun.plan,
  revision: 0,
  effects: [],
  newKey: undefined,
  about: { user: undefined, clientIp: '203.0.113.7', flow: slug },
  cleared: [],
  returned: [],
  ...more,
});

const login = (user: string, more: Partial<Extract<Effect, { type: 'login' }>> = {}): Effect => ({
  type: 'login',
  user,
  backend: 'b',
  duration_s: null,
  bindings: { network: 'no_binding', geoip: 'no_binding' },
  terminate_other_sessions: false,
  ...more,
});

describe('a plan', () => {
  it('comes back as it was stored, under its session’s key only', async () => {
    const plan = freshPlan({ context: { deny_message: 'x' }, next: '/a', shown: { step: 's', challenge: { a: 1 } } });
    const { hash } = await begin(plan);

    expect((await plans.find(slug, hash))?.stored).toMatchObject({ plan, revision: 0, versionId: flow.versionId });
    expect((await plans.find(slug, randomBytes(32)))?.session).toBeUndefined();
    expect(await plans.find('nowhere', hash)).toBeUndefined();
  });

  it('is saved by one of many who saw the same revision', async () => {
    const begun = await begin();
    const won = await Promise.all(Array.from({ length: 20 }, () => plans.save(saveOf(begun))));

    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await plans.find(slug, begun.hash))?.stored?.revision).toBe(1);
  });

  it('with effects is saved by one of many too, and they happen once', async () => {
    const user = await enrol(source, `u-${randomUUID()}`);
    const begun = await begin();
    const effects: Effect[] = [
      login(user),
      { type: 'event', action: 'login', context: { password: 'x' } },
      { type: 'reputation', identifier: slug, delta: 1 },
    ];
    const saves = Array.from({ length: 20 }, () => plans.save(saveOf(begun, { effects, newKey: randomBytes(32) })));
    const won = (await Promise.all(saves)).filter(Boolean);
    const count = async (sql: string, value: unknown) => (await source.query<unknown[]>(sql, [value])).length;

    expect(won).toHaveLength(1);
    expect(await count('SELECT FROM flow.session_keys WHERE session_id = $1 AND until IS NULL', begun.sessionId)).toBe(
      1,
    );
    expect(
      await count(`SELECT FROM flow.reputation WHERE identifier = $1 AND score = 1 AND ip = '203.0.113.7'`, slug),
    ).toBe(1);
    expect(await count('SELECT FROM flow.sessions WHERE user_id = $1', user)).toBe(1);
  });

  it('is not replaced by a plan that did not know it', async () => {
    const { hash, sessionId, plan } = await begin();
    const again = { ...flow, plan: freshPlan(), session: { id: sessionId } };

    expect(await plans.begin({ ...again, replaces: undefined })).toBeUndefined();
    expect(await plans.begin({ ...again, replaces: { id: plan.id, revision: 7 } })).toBeUndefined();
    expect(await plans.begin({ ...again, replaces: { id: plan.id, revision: 0 } })).toBe(sessionId);
    expect((await plans.find(slug, hash))?.stored?.plan.id).toBe(again.plan.id);
  });

  it('is dropped alone when its body cannot be opened: tampered with, moved, or sealed by a lost key', async () => {
    const { hash, sessionId, plan } = await begin();
    const other = await begin();
    await source.query('UPDATE flow.plans SET body = (SELECT body FROM flow.plans WHERE id = $2) WHERE id = $1', [
      plan.id,
      other.plan.id,
    ]);
    const found = await plans.find(slug, hash);

    expect(found?.stored).toBeUndefined();
    expect(found?.session?.id).toBe(sessionId);
    expect(await plans.begin({ ...flow, plan: freshPlan(), session: { id: sessionId }, replaces: found?.row })).toBe(
      sessionId,
    );
    expect((await plans.find(slug, other.hash))?.stored).toBeDefined();
    const lost = new TypeormPlans(source, new Sealer(`b:${randomBytes(32).toString('base64')}`), { lifetimes, logger });
    expect((await lost.find(slug, other.hash))?.stored).toBeUndefined();
  });

  it('cannot be rolled back by putting an old body in place', async () => {
    const begun = await begin();
    const [old] = await source.query<{ body: Buffer }[]>('SELECT body FROM flow.plans WHERE id = $1', [begun.plan.id]);
    await plans.save(saveOf(begun));
    await source.query('UPDATE flow.plans SET body = $2 WHERE id = $1', [begun.plan.id, old!.body]);

    expect((await plans.find(slug, begun.hash))?.stored).toBeUndefined();
  });

  it('keeps a saved user by reference, and reads them anew at each load', async () => {
    const name = `u-${randomUUID()}`;
    const uuid = await enrol(source, name);
    const { hash } = await begin(freshPlan({ context: { pending_user: { ...ALICE, uuid, backend: 'b' } } }));
    expect((await plans.find(slug, hash))?.stored?.plan.context.pending_user).toMatchObject({
      username: name,
      backend: 'b',
    });

    await source.query(`UPDATE directory.users SET name = 'Renamed' WHERE id = $1`, [uuid]);
    expect((await plans.find(slug, hash))?.stored).toMatchObject({
      orphaned: false,
      plan: { context: { pending_user: { name: 'Renamed' } } },
    });
    await source.query('UPDATE directory.users SET is_active = false WHERE id = $1', [uuid]);
    expect((await plans.find(slug, hash))?.stored?.orphaned).toBe(true);
    await source.query('DELETE FROM directory.users WHERE id = $1', [uuid]);
    const gone = (await plans.find(slug, hash))?.stored;
    expect([gone?.orphaned, gone?.plan.context.pending_user]).toEqual([true, undefined]);
  });

  it('of a user who was inactive when identified goes on, so that nobody can tell', async () => {
    const uuid = await enrol(source, `u-${randomUUID()}`);
    await source.query('UPDATE directory.users SET is_active = false WHERE id = $1', [uuid]);
    const { hash } = await begin(freshPlan({ context: { pending_user: { ...ALICE, uuid, is_active: false } } }));

    expect((await plans.find(slug, hash))?.stored?.orphaned).toBe(false);
  });
});

describe('a login', () => {
  it('is not saved for a user who is inactive or gone, and then nothing of it happens', async () => {
    const uuid = await enrol(source, `u-${randomUUID()}`);
    await source.query('UPDATE directory.users SET is_active = false WHERE id = $1', [uuid]);
    const begun = await begin();

    expect(await plans.save(saveOf(begun, { effects: [login(uuid)], newKey: randomBytes(32) }))).toBe(false);
    expect(await plans.save(saveOf(begun, { effects: [login(randomUUID())], newKey: randomBytes(32) }))).toBe(false);
    expect((await plans.find(slug, begun.hash))?.stored?.revision).toBe(0);
  });

  it('retires the old key, which is nobody’s from then on, and soon forgotten', async () => {
    const uuid = await enrol(source, `u-${randomUUID()}`);
    const begun = await begin();
    const { hash } = newSessionKey(undefined);
    await plans.save(saveOf(begun, { effects: [login(uuid)], newKey: hash }));
    const sessions = new TypeormSessions(source);

    expect((await plans.find(slug, hash))?.session).toMatchObject({ retired: false, user: { uuid } });
    expect((await plans.find(slug, begun.hash))?.session).toEqual({
      id: begun.sessionId,
      retired: true,
      user: undefined,
    });
    expect((await sessions.findUser(hash))?.uuid).toBe(uuid);
    expect(await sessions.findUser(begun.hash)).toBeUndefined();
    await source.query(`UPDATE flow.session_keys SET until = now() - interval '1 s' WHERE hash = $1`, [begun.hash]);
    expect((await plans.find(slug, begun.hash))?.session).toBeUndefined();
  });

  it('is over when the user’s epoch has moved on, or the session is gone, on every gateway at once', async () => {
    const uuid = await enrol(source, `u-${randomUUID()}`);
    const begun = await begin();
    const { hash } = newSessionKey(undefined);
    await plans.save(saveOf(begun, { effects: [login(uuid)], newKey: hash }));
    const sessions = new TypeormSessions(source);
    await source.query('UPDATE directory.users SET epoch = epoch + 1 WHERE id = $1', [uuid]);
    expect(await sessions.findUser(hash)).toBeUndefined();
    expect((await plans.find(slug, hash))?.session?.user).toBeUndefined();
    await source.query('DELETE FROM flow.sessions WHERE id = $1', [begun.sessionId]);

    expect((await plans.find(slug, hash))?.session).toBeUndefined();
  });

  it('of another user drops the plans that the first one left in the session', async () => {
    const [first, second] = [await enrol(source, `u-${randomUUID()}`), await enrol(source, `u-${randomUUID()}`)];
    const begun = await begin();
    await plans.save(saveOf(begun, { effects: [login(first)], newKey: randomBytes(32) }));
    const other = await publish(source, `${slug}-other`);
    await plans.begin({ ...other, plan: freshPlan(), session: { id: begun.sessionId }, replaces: undefined });
    const plansOf = () => source.query<unknown[]>('SELECT FROM flow.plans WHERE session_id = $1', [begun.sessionId]);

    await plans.save(saveOf(begun, { revision: 1, effects: [login(first)], newKey: randomBytes(32) }));
    expect(await plansOf()).toHaveLength(2);
    await plans.save(saveOf(begun, { revision: 2, effects: [login(second)], newKey: randomBytes(32) }));
    expect(await plansOf()).toHaveLength(1);
  });

  it('lasts as long as it was given: absolutely with a duration, sliding without', async () => {
    const uuid = await enrol(source, `u-${randomUUID()}`);
    const lasting = async (duration_s: number | null) => {
      const begun = await begin();
      await plans.save(saveOf(begun, { effects: [login(uuid, { duration_s })], newKey: randomBytes(32) }));
      const [row] = await source.query<{ left: number; slides: boolean }[]>(
        `SELECT extract(epoch FROM expires_at - seen_at)::int AS left, ttl IS NOT NULL AS slides FROM flow.sessions WHERE id = $1`,
        [begun.sessionId],
      );
      return row;
    };

    expect(await lasting(7200)).toEqual({ left: 7200, slides: false });
    expect(await lasting(null)).toEqual({ left: lifetimes.sessionS, slides: true });
  });

  it('settles attempts with the plan: some are forgotten, some given back, others stay', async () => {
    const attempts = new TypeormAttempts(source);
    const claims = ['right', 'untouched', 'wrong'].map(
      (credential): Claim => ({ subject: randomBytes(16), credential, free: 5, hard: 50, forgetAfterS: undefined }),
    );
    await attempts.take(claims, 0);
    await attempts.take(claims, 0);
    const begun = await begin();
    await plans.save(saveOf(begun, { cleared: [claims[0]!], returned: [claims[1]!] }));
    const rows = await source.query<{ credential: string; failures: number }[]>(
      'SELECT credential, failures FROM flow.attempts WHERE subject = ANY ($1) ORDER BY credential',
      [claims.map(({ subject }) => subject)],
    );

    expect(rows).toEqual([
      { credential: 'untouched', failures: 1 },
      { credential: 'wrong', failures: 2 },
    ]);
  });
});

describe('expiry', () => {
  it('holds with nobody cleaning up', async () => {
    const [byPlan, bySession] = [await begin(), await begin()];
    await source.query(`UPDATE flow.plans SET expires_at = now() WHERE id = $1`, [byPlan.plan.id]);
    await source.query(`UPDATE flow.sessions SET expires_at = now() WHERE id = $1`, [bySession.sessionId]);

    expect((await plans.find(slug, byPlan.hash))?.stored).toBeUndefined();
    expect((await plans.find(slug, bySession.hash))?.session).toBeUndefined();
    const next = { ...flow, plan: freshPlan(), session: { id: byPlan.sessionId }, replaces: undefined };
    expect(await plans.begin(next)).toBe(byPlan.sessionId);
  });

  it('is cleaned up in the background, and only what has expired', async () => {
    const [old, young] = [await begin(), await begin()];
    await source.query(`UPDATE flow.sessions SET expires_at = now() - interval '1 s' WHERE id = $1`, [old.sessionId]);
    await new TypeormJanitor(source, logger).sweep();
    const left = await source.query<{ id: string }[]>('SELECT id FROM flow.sessions WHERE id = ANY ($1)', [
      [old.sessionId, young.sessionId],
    ]);

    expect(left).toEqual([{ id: young.sessionId }]);
    expect(await source.query('SELECT FROM flow.plans WHERE id = $1', [old.plan.id])).toHaveLength(0);
  });
});
