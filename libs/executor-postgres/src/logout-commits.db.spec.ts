import { randomUUID } from 'node:crypto';
import { newSessionKey } from '@gatehouse/executor';
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

let store: PlanStoreHarness;

beforeAll(async () => {
  store = await PlanStoreHarness.open();
});
afterAll(() => store.close());
beforeEach(() => store.nextFlow());

/** Logs a user in, in a session with two plans. Returns the session, and a function that saves a logout of one plan. */
async function loggedIn() {
  const user = await enrol(store.source);
  const begun = await store.begin();
  const { hash } = newSessionKey(undefined);
  await store.logIn(begun, user, { newKey: hash });
  const other = await publish(store.source, `other-${randomUUID()}`);
  await store.plans.create({ ...other, plan: freshPlan(), session: { id: begun.sessionId }, replaces: undefined });
  const logOut = (newKey: Buffer) =>
    store.save(begun, {
      ...{ revision: 1, effects: [{ type: 'logout' }], newKey },
      eventContext: { ...eventContextFor(undefined, store.slug), sessionUser: user },
    });
  return { begun, user, hash, logOut };
}

describe('a saved logout', () => {
  it('makes the session anonymous, with a new key and only the plan that logged out', async () => {
    const { begun, hash, logOut } = await loggedIn();
    const { hash: fresh } = newSessionKey(undefined);
    const sessions = new SessionRepository(store.source, { AVATARS: 'none' });
    expect(await sessions.find(hash)).toBeDefined();

    store.ended.length = 0;
    expect(await logOut(fresh)).toBe(true);
    expect(store.ended).toEqual([expect.stringMatching(/^abandoned other-/)]);
    expect(await sessions.find(hash)).toBeUndefined();
    expect(await sessions.find(fresh)).toBeUndefined();
    expect(await store.plans.load(store.slug, hash)).toMatchObject({ session: { retired: true, user: undefined } });
    expect(await store.plans.load(store.slug, fresh)).toMatchObject({
      session: { id: begun.sessionId, retired: false, user: undefined },
      stored: { revision: 2 },
    });
    expect(await store.count('SELECT FROM flow.plans WHERE session_id = $1', begun.sessionId)).toBe(1);
  });

  it('gives the session the lifetime of an anonymous session', async () => {
    const { begun, logOut } = await loggedIn();
    await logOut(newSessionKey(undefined).hash);
    const [row] = await store.source.query<{ left: number; data: unknown }[]>(
      'SELECT extract(epoch FROM expires_at - seen_at)::int AS left, data FROM flow.sessions WHERE id = $1',
      [begun.sessionId],
    );

    expect(row).toEqual({ left: LIFETIMES.anonymousSessionS, data: {} });
  });

  it('happens once, with one event, when concurrent requests save it', async () => {
    const { logOut } = await loggedIn();
    const logoutEvents = () => store.count(`SELECT FROM flow.outbox WHERE topic = 'events.logout'`);
    const before = await logoutEvents();
    const won = await Promise.all(Array.from({ length: 10 }, () => logOut(newSessionKey(undefined).hash)));

    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await logoutEvents()).toBe(before + 1);
  });

  it('of an anonymous visitor causes no logout event', async () => {
    const logoutEvents = () => store.count(`SELECT FROM flow.outbox WHERE topic = 'events.logout'`);
    const before = await logoutEvents();
    const begun = await store.begin();

    expect(await store.save(begun, { effects: [{ type: 'logout' }], newKey: newSessionKey(undefined).hash })).toBe(
      true,
    );
    expect(await logoutEvents()).toBe(before);
  });

  it('and a login in one request set the session to the state after the later one', async () => {
    const { begun, user } = await loggedIn();
    const about = eventContextFor(user, store.slug);
    const sessions = new SessionRepository(store.source, { AVATARS: 'none' });
    const [first, second] = [newSessionKey(undefined).hash, newSessionKey(undefined).hash];
    await store.save(begun, {
      revision: 1,
      effects: [login(user), { type: 'logout' }],
      newKey: first,
      eventContext: about,
    });
    expect(await sessions.find(first)).toBeUndefined();
    await store.save(begun, {
      revision: 2,
      effects: [{ type: 'logout' }, login(user)],
      newKey: second,
      eventContext: about,
    });

    expect((await sessions.find(second))?.user.uuid).toBe(user.uuid);
  });
});
