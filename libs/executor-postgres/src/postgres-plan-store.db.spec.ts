import { randomBytes } from 'node:crypto';
import { newSessionKey } from '@gatehouse/executor';
import { UnknownSealKeyError } from '@gatehouse/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enrol, publish } from '../testing/flow-database.js';
import { freshPlan, LIFETIMES, PlanStoreHarness } from '../testing/plan-store-harness.js';

let store: PlanStoreHarness;

beforeAll(async () => {
  store = await PlanStoreHarness.open();
});
afterAll(() => store.close());
beforeEach(() => store.nextFlow());

describe('a stored plan', () => {
  it('is loaded unchanged, and only with its session’s key', async () => {
    const plan = freshPlan({ context: { deny_message: 'x' }, next: '/a', shown: { step: 's', challenge: { a: 1 } } });
    const { hash } = await store.begin(plan);

    expect((await store.plans.load(store.slug, hash))?.stored).toMatchObject({
      plan,
      revision: 0,
      versionId: store.flow.versionId,
    });
    expect((await store.plans.load(store.slug, randomBytes(32)))?.session).toBeUndefined();
    expect(await store.plans.load('nowhere', hash)).toBeUndefined();
  });

  it('is saved by only one of many concurrent requests with the same revision', async () => {
    const begun = await store.begin();
    const won = await Promise.all(Array.from({ length: 20 }, () => store.save(begun)));

    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await store.plans.load(store.slug, begun.hash))?.stored?.revision).toBe(1);
  });

  it('expires with its session after some minutes, until the first answer gives both their full lifetime', async () => {
    const { hash } = newSessionKey(undefined);
    const plan = freshPlan();
    const created = { ...store.flow, plan, session: { newKey: hash }, replaces: undefined, isUnanswered: true };
    const sessionId = (await store.plans.create(created))!;
    const lifetimes = async () => {
      const [row] = await store.source.query<[object]>(
        `SELECT round(extract(epoch FROM p.expires_at - now()) / 10)::int * 10 AS plan,
           round(extract(epoch FROM s.expires_at - now()) / 10)::int * 10 AS session
         FROM flow.plans p JOIN flow.sessions s ON s.id = p.session_id WHERE s.id = $1`,
        [sessionId],
      );
      return row;
    };
    const { unansweredS, planS, anonymousSessionS } = LIFETIMES;
    const isUnanswered = async () => (await store.plans.load(store.slug, hash))?.session?.isUnanswered;
    expect([await lifetimes(), await isUnanswered()]).toEqual([{ plan: unansweredS, session: unansweredS }, true]);
    await store.save({ sessionId, plan }, { isUnanswered: true });
    expect([await lifetimes(), await isUnanswered()]).toEqual([{ plan: unansweredS, session: unansweredS }, true]);
    await store.save({ sessionId, plan }, { revision: 1, extendsSession: true });
    expect([await lifetimes(), await isUnanswered()]).toEqual([{ plan: planS, session: anonymousSessionS }, false]);
  });

  it('is not replaced by a new plan of a request that has not loaded it', async () => {
    const { hash, sessionId, plan } = await store.begin();
    const again = { ...store.flow, plan: freshPlan(), session: { id: sessionId } };

    expect(await store.plans.create({ ...again, replaces: undefined })).toBeUndefined();
    expect(await store.plans.create({ ...again, replaces: { id: plan.id, revision: 7 } })).toBeUndefined();
    expect(await store.plans.create({ ...again, replaces: { id: plan.id, revision: 0 } })).toBe(sessionId);
    expect((await store.plans.load(store.slug, hash))?.stored?.plan.id).toBe(again.plan.id);
  });

  it('is deleted when its visitor continues in a new session; plans of other flows and sessions are not', async () => {
    const [begun, bystander] = [await store.begin(), await store.begin()];
    const first = store.slug;
    await store.nextFlow();
    const other = { ...store.flow, plan: freshPlan(), session: { id: begun.sessionId }, replaces: undefined };
    await store.plans.create(other);
    const second = freshPlan();
    const { hash } = newSessionKey(undefined);
    const moved = {
      ...store.flow,
      plan: second,
      session: { newKey: hash, leaves: begun.sessionId },
      replaces: undefined,
    };
    const planOf = async (slug: string, key: Buffer) => (await store.plans.load(slug, key))?.stored?.plan.id;

    expect(await store.plans.create(moved)).not.toBe(begun.sessionId);
    expect(await planOf(store.slug, begun.hash)).toBeUndefined();
    expect(await planOf(store.slug, hash)).toBe(second.id);
    expect([await planOf(first, begun.hash), await planOf(first, bystander.hash)]).toEqual([
      begun.plan.id,
      bystander.plan.id,
    ]);
  });

  it('is ignored, and can be replaced, if its body is from another row or its sealing key is lost', async () => {
    const { hash, sessionId, plan } = await store.begin();
    const other = await store.begin();
    await store.source.query('UPDATE flow.plans SET body = (SELECT body FROM flow.plans WHERE id = $2) WHERE id = $1', [
      plan.id,
      other.plan.id,
    ]);
    const found = await store.plans.load(store.slug, hash);

    expect(found?.stored).toBeUndefined();
    expect(found?.session?.id).toBe(sessionId);
    expect(
      await store.plans.create({
        ...store.flow,
        plan: freshPlan(),
        session: { id: sessionId },
        replaces: found?.planRow,
      }),
    ).toBe(sessionId);
    expect((await store.plans.load(store.slug, other.hash))?.stored).toBeDefined();
    const lost = store.sealedBy(`a:${randomBytes(32).toString('base64')}`);
    expect((await lost.load(store.slug, other.hash))?.stored).toBeUndefined();
  });

  it('cannot be loaded, but is kept, by a gateway that lacks its sealing key', async () => {
    const begun = await store.begin();
    const behind = store.sealedBy(`b:${randomBytes(32).toString('base64')}`);
    await expect(behind.load(store.slug, begun.hash)).rejects.toThrow(UnknownSealKeyError);
    expect((await store.plans.load(store.slug, begun.hash))?.stored).toBeDefined();
  });

  it('is ignored if its row contains the body of an older revision', async () => {
    const begun = await store.begin();
    const [old] = await store.source.query<{ body: Buffer }[]>('SELECT body FROM flow.plans WHERE id = $1', [
      begun.plan.id,
    ]);
    await store.save(begun);
    await store.source.query('UPDATE flow.plans SET body = $2 WHERE id = $1', [begun.plan.id, old!.body]);

    expect((await store.plans.load(store.slug, begun.hash))?.stored).toBeUndefined();
  });

  it('stores only a reference to a saved user, and loads the user’s current data with each request', async () => {
    const user = await enrol(store.source);
    const { hash } = await store.begin(freshPlan({ context: { pending_user: { ...user, backend: 'b' } } }));
    const stored = async () => (await store.plans.load(store.slug, hash))?.stored;
    expect((await stored())?.plan.context.pending_user).toEqual({ ...user, backend: 'b' });

    await store.source.query(`UPDATE directory.users SET name = 'Renamed' WHERE id = $1`, [user.uuid]);
    expect(await stored()).toMatchObject({ orphaned: false, plan: { context: { pending_user: { name: 'Renamed' } } } });
  });

  it.each([
    ['was disabled', 'UPDATE directory.users SET is_active = false, epoch = epoch + 1 WHERE id = $1'],
    ['got another password', 'UPDATE directory.users SET epoch = epoch + 1 WHERE id = $1'],
    ['is gone', 'DELETE FROM directory.users WHERE id = $1'],
    [
      'was replaced in the column outside the sealed body',
      'UPDATE flow.plans SET pending_user_id = $2 WHERE pending_user_id = $1',
    ],
  ])('has no pending user after its user %s', async (_, change) => {
    const [user, other] = [await enrol(store.source), await enrol(store.source)];
    const { hash } = await store.begin(freshPlan({ context: { pending_user: user } }));
    await store.source.query(change, change.includes('$2') ? [user.uuid, other.uuid] : [user.uuid]);

    expect((await store.plans.load(store.slug, hash))?.stored?.orphaned).toBe(true);
  });

  it('continues if its user was inactive when identified, so that inactive users cannot be enumerated', async () => {
    const user = await enrol(store.source);
    await store.source.query('UPDATE directory.users SET is_active = false WHERE id = $1', [user.uuid]);
    const { hash } = await store.begin(freshPlan({ context: { pending_user: { ...user, is_active: false } } }));

    expect((await store.plans.load(store.slug, hash))?.stored?.orphaned).toBe(false);
  });

  it('is not saved above its size limit', async () => {
    const begun = await store.begin();
    const fat = { ...begun.plan, context: { deny_message: 'x'.repeat(256 * 1024) } };

    await expect(store.save({ ...begun, plan: fat })).rejects.toMatchObject({ code: 'stage_fault' });
  });
});

describe('the expiry of a plan or session', () => {
  it('applies before expired rows are deleted', async () => {
    const [byPlan, bySession] = [await store.begin(), await store.begin()];
    await store.source.query(`UPDATE flow.plans SET expires_at = now() WHERE id = $1`, [byPlan.plan.id]);
    await store.source.query(`UPDATE flow.sessions SET expires_at = now() WHERE id = $1`, [bySession.sessionId]);

    expect((await store.plans.load(store.slug, byPlan.hash))?.stored).toBeUndefined();
    expect((await store.plans.load(store.slug, bySession.hash))?.session).toBeUndefined();
    const next = { ...store.flow, plan: freshPlan(), session: { id: byPlan.sessionId }, replaces: undefined };
    expect(await store.plans.create(next)).toBe(byPlan.sessionId);
  });

  it('ends a plan of a replaced flow version however often it is saved (accident 57)', async () => {
    const begun = await store.begin();
    const found = async () => (await store.plans.load(store.slug, begun.hash))!;
    await store.source.query(`UPDATE flow.plans SET begun_at = now() - interval '600 s' WHERE id = $1`, [
      begun.plan.id,
    ]);
    expect((await found()).stored).toBeDefined();
    const newer = await publish(store.source, `${store.slug}-newer`);
    await store.source.query('UPDATE flow.flows SET version_id = $1 WHERE slug = $2', [newer.versionId, store.slug]);

    expect(await store.save(begun)).toBe(true);
    const { stored, planRow: row, currentVersionId: versionId } = await found();
    expect(stored).toBeUndefined();
    const plan = freshPlan();
    await store.plans.create({ ...store.flow, versionId, plan, session: { id: begun.sessionId }, replaces: row });
    expect((await found()).stored?.plan.id).toBe(plan.id);

    const newest = await publish(store.source, `${store.slug}-newest`);
    await store.source.query('UPDATE flow.flows SET version_id = $1 WHERE slug = $2', [newest.versionId, store.slug]);
    expect((await found()).stored?.plan.id).toBe(plan.id);
  });
});

describe('deletePlans', () => {
  it('reports each unfinished plan to the observer, once', async () => {
    const begun = await store.begin();
    const ended = store.slug;
    await store.save(begun, { plan: { ...begun.plan, ended: { to: '/' } } });
    await store.nextFlow();
    const target = { session: { id: begun.sessionId }, replaces: undefined };
    await store.plans.create({ ...store.flow, ...target, plan: freshPlan() });
    store.ended.length = 0;
    await store.plans.deletePlans(begun.hash, ended);
    await store.plans.deletePlans(begun.hash);
    expect(store.ended).toEqual([`abandoned ${store.slug}`]);
  });

  it('returns the plan of a flow, or the plan that was last saved, and deletes all plans of the session', async () => {
    const begin = async () => {
      const begun = await store.begin({ ...freshPlan(), next: '/first' });
      const first = store.slug;
      await store.nextFlow();
      const target = { session: { id: begun.sessionId }, replaces: undefined };
      await store.plans.create({ ...store.flow, ...target, plan: { ...freshPlan(), next: '/second' } });
      return { ...begun, first };
    };
    const [last, named, other] = [await begin(), await begin(), await begin()];
    expect(await store.plans.deletePlans(last.hash)).toMatchObject({
      user: undefined,
      cancelled: { plan: { next: '/second' } },
    });
    expect(await store.plans.deletePlans(named.hash, named.first)).toMatchObject({
      cancelled: { slug: named.first, plan: { next: '/first' } },
    });
    expect((await store.plans.deletePlans(other.hash, 'nowhere')).cancelled).toBeUndefined();
    for (const { sessionId, hash } of [last, named, other]) {
      expect(await store.count('SELECT FROM flow.plans WHERE session_id = $1', sessionId)).toBe(0);
      expect(await store.plans.deletePlans(hash)).toEqual({ user: undefined, cancelled: undefined });
    }
  });
});
