import { randomBytes, randomUUID } from 'node:crypto';
import type { SavedUser } from '@gatehouse/contracts';
import { newSessionKey, type SessionSwitch } from '@gatehouse/executor';
import { enrol, eventContextFor, freshPlan, login, PlanStoreHarness } from '@gatehouse/executor-postgres/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

let store: PlanStoreHarness;
beforeAll(async () => {
  store = await PlanStoreHarness.open();
});
afterAll(() => store.close());
beforeEach(() => store.nextFlow());

/** A logged-in session, with its key and the hash of its browser's login set. */
interface Login {
  readonly user: SavedUser;
  readonly id: string;
  readonly key: Buffer;
  readonly set?: Buffer | undefined;
}

async function logIn(user: SavedUser, loginSet?: Buffer): Promise<Login> {
  const [begun, key] = [await store.begin(), randomBytes(32)];
  const eventContext = eventContextFor(user, store.slug);
  await store.save(begun, { effects: [login(user)], newKey: key, loginSet, eventContext });
  return { user, id: begun.sessionId, key };
}

/** Starts a plan in the session of a login. Replaces an earlier plan. */
async function beginIn({ id }: Login) {
  const plan = freshPlan();
  await store.source.query('DELETE FROM flow.plans WHERE session_id = $1', [id]);
  await store.plans.create({ ...store.flow, plan, session: { id }, replaces: undefined });
  return { plan, sessionId: id };
}

const switchTo = (from: Login, more: Partial<SessionSwitch>): SessionSwitch => ({
  ...{ action: 'add', session: randomUUID(), from: from.user.uuid, to: undefined, isProved: false },
  ...{ set: from.set, newSet: newSessionKey(undefined), maxAgeS: undefined, ...more },
});

/** Logs a user in beside the login. Returns the new login, or `undefined` if nothing was saved. */
async function add(from: Login, user: SavedUser, ending = {}) {
  const userSwitch = switchTo(from, {});
  const newKey = randomBytes(32);
  const eventContext = { ...eventContextFor(user, store.slug), sessionUser: from.user, provedMethods: ['pwd'] };
  const commit = { effects: [login(user, ending)], newKey, userSwitch, eventContext };
  if (!(await store.save(await beginIn(from), commit))) return undefined;
  return { user, id: userSwitch.session, key: newKey, set: userSwitch.newSet.hash };
}

/** Switches from one login to another. Returns the login with its new key, or `undefined` if nothing was saved. */
async function change(from: Login, to: Login, more: Partial<SessionSwitch> = {}) {
  const userSwitch = switchTo(from, { action: 'switch', session: to.id, to: to.user, ...more });
  const newKey = randomBytes(32);
  const eventContext = { ...eventContextFor(to.user, store.slug), sessionUser: from.user };
  if (!(await store.save(await beginIn(from), { newKey, userSwitch, eventContext }))) return undefined;
  return { ...to, key: newKey, set: userSwitch.newSet.hash };
}

const userOf = async (key: Buffer) => (await store.plans.load(store.slug, key))?.session?.user?.uuid;
const exists = async (id: string) => (await store.count('SELECT FROM flow.sessions WHERE id = $1', id)) === 1;
const membersOf = async (set: Buffer | undefined) =>
  (
    await store.source.query<{ id: string }[]>('SELECT id FROM flow.sessions WHERE login_set = $1 ORDER BY id', [set])
  ).map(({ id }) => id);
const find = (from: Login, to: Login, set = from.set!) =>
  store.plans.findSwitchTarget({ session: from.id, set, target: to.id });

/** Two users who are logged in within one browser; `second` is the current one. */
async function two() {
  const first = await logIn(await enrol(store.source));
  const second = (await add(first, await enrol(store.source)))!;
  return { first, second };
}

describe('a saved login that adds a user', () => {
  it('creates a session, to which the plan moves, and retires the key of the other session', async () => {
    const { first, second } = await two();
    expect([await userOf(second.key), await userOf(first.key)]).toEqual([second.user.uuid, undefined]);
    expect((await store.plans.load(store.slug, first.key))?.session).toMatchObject({ id: first.id, retired: true });
    expect((await store.plans.load(store.slug, second.key))?.stored?.revision).toBe(1);
    expect((await store.plans.load(store.slug, first.key))?.stored).toBeUndefined();
    expect(await membersOf(second.set)).toEqual([first.id, second.id].sort());
    expect(await exists(first.id)).toBe(true);
    expect((await store.plans.load(store.slug, second.key))?.session?.methodAges).toMatchObject({
      pwd: expect.any(Number),
    });
  });

  it('joins the cookie’s login set only if the old session is in it, and renews the secret of the set', async () => {
    const { first, second } = await two();
    const separate = await logIn(await enrol(store.source));
    const third = (await add({ ...separate, set: second.set }, await enrol(store.source)))!;
    expect(await membersOf(second.set)).toEqual([first.id, second.id].sort());
    expect(await membersOf(third.set)).toEqual([separate.id, third.id].sort());
    const fourth = (await add(second, await enrol(store.source)))!;
    expect(await membersOf(second.set)).toEqual([]);
    expect(await membersOf(fourth.set)).toEqual([first.id, second.id, fourth.id].sort());
  });

  it('replaces an earlier session of the user in the login set', async () => {
    const { first, second } = await two();
    const again = (await add(second, first.user))!;
    expect([await exists(first.id), await exists(second.id)]).toEqual([false, true]);
    expect(await membersOf(again.set)).toEqual([second.id, again.id].sort());
  });

  it('is not saved if the session has another user or is bound to a device, or if the added user is disabled', async () => {
    const [first, user] = [await logIn(await enrol(store.source)), await enrol(store.source)];
    expect(await add({ ...first, user }, await enrol(store.source))).toBeUndefined();
    await store.source.query(`UPDATE flow.sessions SET device_key = '{}' WHERE id = $1`, [first.id]);
    expect(await add(first, user)).toBeUndefined();
    await store.source.query('UPDATE flow.sessions SET device_key = NULL WHERE id = $1', [first.id]);
    await store.source.query('UPDATE directory.users SET is_active = false WHERE id = $1', [user.uuid]);
    expect(await add(first, user)).toBeUndefined();
    expect(await userOf(first.key)).toBe(first.user.uuid);
  });

  it('can end the other sessions of the user, also those in the login set', async () => {
    const { first, second } = await two();
    const elsewhere = await logIn(first.user);
    const again = (await add(second, first.user, { terminate_other_sessions: true, duration_s: 60 }))!;
    expect([await exists(first.id), await exists(elsewhere.id), await exists(second.id)]).toEqual([false, false, true]);
    expect((await store.plans.load(store.slug, again.key))?.session?.remainingS).toBeGreaterThan(50);
  });
});

describe('a switch to another session', () => {
  it('gives the target session a new key, retires the old session’s key, and renews the secret of the login set', async () => {
    const { first, second } = await two();
    expect(await find(second, first)).toEqual({ user: first.user.uuid, remainingS: undefined });
    const back = (await change(second, first))!;
    expect([await userOf(back.key), await userOf(second.key), await userOf(first.key)]).toEqual([
      ...[first.user.uuid, undefined, undefined],
    ]);
    expect([await membersOf(second.set), await membersOf(back.set)]).toEqual([[], [first.id, second.id].sort()]);
    expect(await find(back, second)).toBeDefined();
  });

  it('removes the proofs of the session, except those of the plan', async () => {
    const { first, second } = await two();
    const proofs = { proved: true, proved_at: new Date(), devices: [7], devices_at: new Date(), second_factor: true };
    await store.source.query('UPDATE flow.sessions SET data = data || $2::jsonb WHERE id = $1', [first.id, proofs]);
    const back = (await change(second, first))!;
    const session = async (key: Buffer) => (await store.plans.load(store.slug, key))?.session;
    expect(await session(back.key)).toMatchObject({ recentlyProved: false, deviceProved: false, provedDevices: [] });
    const forth = (await change(back, second))!;
    const proved = (await change(forth, first, { isProved: true }))!;
    expect(await session(proved.key)).toMatchObject({ recentlyProved: true, deviceProved: false, provedDevices: [] });
  });

  it.each([
    ['has expired', 'UPDATE flow.sessions SET expires_at = now() WHERE id = $1'],
    ['has ended', 'DELETE FROM flow.sessions WHERE id = $1'],
    ['is bound to a device', `UPDATE flow.sessions SET device_key = '{}' WHERE id = $1`],
    ['has left the login set', 'UPDATE flow.sessions SET login_set = NULL WHERE id = $1'],
    ['is of a disabled user', 'UPDATE directory.users SET is_active = false WHERE id = $1'],
    ['is older than the password of its user', 'UPDATE directory.users SET epoch = epoch + 1 WHERE id = $1'],
  ])('is not saved if the target session %s', async (_, sql) => {
    const { first, second } = await two();
    await store.source.query(sql, [sql.includes('directory') ? first.user.uuid : first.id]);
    expect(await find(second, first)).toBeUndefined();
    expect(await change(second, first)).toBeUndefined();
    expect(await userOf(second.key)).toBe(second.user.uuid);
    expect(await store.count('SELECT FROM flow.session_keys WHERE session_id = $1 AND until IS NULL', first.id)).toBe(
      0,
    );
  });

  it('is not saved without the login set’s secret, with another browser’s secret, or from a device-bound session', async () => {
    const { first, second } = await two();
    const other = await two();
    for (const set of [randomBytes(32), other.second.set!])
      for (const target of [first, other.first]) expect(await find(second, target, set)).toBeUndefined();
    for (const set of [undefined, randomBytes(32), other.second.set]) {
      expect(await change({ ...second, set }, first)).toBeUndefined();
      expect(await change({ ...second, set }, other.first)).toBeUndefined();
    }
    await store.source.query(`UPDATE flow.sessions SET device_key = '{}' WHERE id = $1`, [second.id]);
    expect([await find(second, first), await change(second, first)]).toEqual([undefined, undefined]);
  });

  it('is saved once by concurrent requests, also if they switch in opposite directions', async () => {
    const { first, second } = await two();
    const [begun, newKey] = [await beginIn(second), randomBytes(32)];
    const save = (n: number) =>
      store.save(begun, {
        ...{ newKey: n === 0 ? newKey : randomBytes(32), eventContext: eventContextFor(first.user, store.slug) },
        userSwitch: switchTo(second, { action: 'switch', session: first.id, to: first.user }),
      });
    expect((await Promise.all([0, 1, 2, 3].map(save))).filter(Boolean)).toHaveLength(1);
    expect(await store.count('SELECT FROM flow.session_keys WHERE session_id = $1 AND until IS NULL', first.id)).toBe(
      1,
    );
  });
});

describe('a session in a login set', () => {
  it('is replaced only by a login of its user in the browser of the login set', async () => {
    const { first, second } = await two();
    await logIn(await enrol(store.source), second.set);
    await logIn(first.user, randomBytes(32));
    expect(await membersOf(second.set)).toEqual([first.id, second.id].sort());
    const fresh = { ...(await logIn(first.user, second.set)), set: second.set };
    expect(await membersOf(second.set)).toEqual([fresh.id, second.id].sort());
    expect([await exists(first.id), await userOf(fresh.key)]).toEqual([false, first.user.uuid]);
    expect(await find(fresh, second)).toBeDefined();
    await store.source.query('UPDATE flow.sessions SET expires_at = now() WHERE id = $1', [second.id]);
    await logIn(second.user, second.set);
    expect(await membersOf(second.set)).toEqual([fresh.id]);
  });

  it('leaves the login set at a logout or a login of another user, but not at a login of its own user', async () => {
    const { first, second } = await two();
    const begun = await beginIn(second);
    await store.logIn(begun, second.user);
    expect(await membersOf(second.set)).toContain(second.id);
    await store.save(begun, { revision: 1, effects: [{ type: 'logout' }] });
    expect(await membersOf(second.set)).toEqual([first.id]);
    const other = await two();
    await store.logIn(await beginIn(other.second), await enrol(store.source));
    expect(await membersOf(other.second.set)).toEqual([other.first.id]);
  });
});
