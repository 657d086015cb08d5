import { randomUUID } from 'node:crypto';
import type { Effect } from '@gatehouse/contracts';
import { hashToken, newSessionKey, type ResumeLink, randomToken } from '@gatehouse/executor';
import { endPlan } from '@gatehouse/plan';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventContextFor } from '../testing/event-context.js';
import { enrol } from '../testing/flow-database.js';
import { freshPlan, PlanStoreHarness } from '../testing/plan-store-harness.js';

let store: PlanStoreHarness;

beforeAll(async () => {
  store = await PlanStoreHarness.open();
});
afterAll(() => store.close());
beforeEach(() => store.nextFlow());

const mail: Effect = {
  ...{ type: 'mail', to: { address: 'alice@example.org', name: 'Alice' }, template: 't', subject: 's', locale: 'en' },
  variables: { url: 'https://id.example.org/secret-link' },
};

/** Starts a plan of a new flow and logs `user` in, in a new session. Returns the session's key. */
async function loggedIn(user: Awaited<ReturnType<typeof enrol>>) {
  await store.nextFlow();
  const begun = await store.begin();
  const { hash } = newSessionKey(undefined);
  await store.logIn(begun, user, { newKey: hash });
  return { ...begun, hash };
}
const userIn = async ({ hash }: { hash: Buffer }) => (await store.plans.load(store.slug, hash))?.session?.user?.uuid;

describe('a mail of a step', () => {
  it('is in the outbox, sealed, if and only if its step is saved', async () => {
    const begun = await store.begin();
    const rows = () => store.source.query<{ body: Buffer }[]>(`SELECT body FROM flow.outbox WHERE topic = 'mail'`);
    const before = (await rows()).length;

    expect(await store.save(begun, { revision: 7, effects: [mail] })).toBe(false);
    expect(await rows()).toHaveLength(before);
    expect(await store.save(begun, { effects: [mail] })).toBe(true);
    const bodies = (await rows()).map(({ body }) => String(body));
    expect(bodies).toHaveLength(before + 1);
    expect(bodies.join()).not.toContain('secret-link');
  });
});

describe('the effect link_used, for a mailed code', () => {
  it('adds one event link_used to the outbox if and only if its step is saved', async () => {
    const begun = await store.begin();
    const events = () => store.count(`SELECT FROM flow.outbox WHERE topic = 'events.link_used'`);
    const before = await events();

    expect(await store.save(begun, { revision: 7, effects: [{ type: 'link_used' }] })).toBe(false);
    expect(await events()).toBe(before);
    expect(await store.save(begun, { effects: [{ type: 'link_used' }] })).toBe(true);
    expect(await events()).toBe(before + 1);
  });
});

describe('a login at a source that a challenge starts', () => {
  it('is stored for its session if and only if the plan is saved', async () => {
    const begun = await store.begin(freshPlan({ next: '/app/' }));
    const [savedState, lostState] = [randomToken(43), randomToken(43)];
    const source = randomUUID();
    const begins = (state: string): Effect => ({ type: 'source_login', source, state });
    expect(await store.save(begun, { revision: 7, effects: [begins(lostState)] })).toBe(false);
    expect(await store.save(begun, { effects: [begins(savedState)] })).toBe(true);
    const rows = await store.source.query<{ hash: Buffer; source_id: string }[]>(
      'SELECT hash, source_id FROM flow.source_logins WHERE session_id = $1',
      [begun.sessionId],
    );
    expect(rows).toEqual([{ hash: hashToken(savedState), source_id: source }]);
  });
});

describe('a pending login at a source', () => {
  const under = ({ sessionId }: { sessionId: string }) =>
    store.count('SELECT hash FROM flow.source_logins WHERE session_id = $1', sessionId);
  const begins = (): Effect => ({ type: 'source_login', source: randomUUID(), state: randomToken(43) });

  it('is deleted by a login of another user, but not by a login of the user who started it', async () => {
    const [alice, bob] = [await enrol(store.source), await enrol(store.source)];
    const begun = await store.begin();
    await store.save(begun, { effects: [begins()] });
    await store.logIn(begun, alice, { revision: 1 });
    expect(await under(begun)).toBe(0);
    await store.save(begun, { revision: 2, effects: [begins()] });
    await store.logIn(begun, alice, { revision: 3 });
    expect(await under(begun)).toBe(1);
    await store.logIn(begun, bob, { revision: 4 });
    expect(await under(begun)).toBe(0);
  });
});

describe('a user who changes the password', () => {
  it('stays logged in to the current session only', async () => {
    const user = await enrol(store.source);
    const other = await loggedIn(user);
    const own = await loggedIn(user);
    await store.source.query('UPDATE directory.users SET epoch = epoch + 1 WHERE id = $1', [user.uuid]);
    expect(await userIn(own)).toBeUndefined();

    // Ends the plan, which removes its pending user, so that the effect can only get its user from the event context.
    const plan = endPlan(own.plan, { to: '/' });
    const keeps: Effect = { type: 'keep_session', user_epoch: user.epoch + 1 };
    const about = eventContextFor(user, store.slug);
    expect(await store.save({ ...own, plan }, { revision: 1, effects: [keeps], eventContext: about })).toBe(true);
    expect(await userIn(own)).toBe(user.uuid);
    expect(await userIn(other)).toBeUndefined();
  });

  it('does not change the epoch in the session of another user', async () => {
    const [user, otherUser] = [await enrol(store.source), await enrol(store.source)];
    const own = await loggedIn(otherUser);
    const plan = { ...own.plan, context: { pending_user: user } };
    const about = eventContextFor(user, store.slug);
    await store.save(
      { ...own, plan },
      { revision: 1, effects: [{ type: 'keep_session', user_epoch: 99 }], eventContext: about },
    );

    expect(await userIn(own)).toBe(otherUser.uuid);
  });
});

it('the effect end_sessions deletes every session of the user except the current one', async () => {
  const user = await enrol(store.source);
  const sessions = [await loggedIn(user), await loggedIn(user)];
  await store.nextFlow();
  const begun = await store.begin();
  await store.save(begun, { effects: [{ type: 'end_sessions', user: user.uuid }] });

  for (const session of sessions) expect(await userIn(session)).toBeUndefined();
});

describe('a mailed link in the database', () => {
  const link = (step = 'mail-1', ttlS = 60): ResumeLink & { token: string } => {
    const token = randomToken(60);
    return { token, hash: hashToken(token), step, ttlS };
  };
  const send = async (begun: Awaited<ReturnType<PlanStoreHarness['begin']>>, links: ResumeLink[], revision = 0) =>
    store.save(begun, { effects: [mail], links, revision });

  it('loads the plan as saved, with a new plan id and the current data of its user', async () => {
    const user = await enrol(store.source);
    const plan = freshPlan({ context: { pending_user: user }, query: { next: '/x' } });
    const begun = await store.begin(plan);
    const { hash } = link();
    await send(begun, [{ hash, step: 'mail-1', ttlS: 60 }]);
    const found = await store.plans.findResumed(store.slug, hash);

    const { versionId } = store.flow;
    expect(found).toMatchObject({ step: 'mail-1', versionId, orphaned: false, mailedBy: plan.id });
    expect(found?.plan).toMatchObject({ query: { next: '/x' }, context: { pending_user: { uuid: user.uuid } } });
    expect(found?.plan.id).not.toBe(plan.id);
  });

  it('is not found in another flow, after its lifetime, or by a prefix of its token', async () => {
    const begun = await store.begin();
    const [good, late] = [link('a'), link('b', 0)];
    await send(begun, [good, late]);

    expect(await store.plans.findResumed('another-flow', good.hash)).toBeUndefined();
    expect(await store.plans.findResumed(store.slug, late.hash)).toBeUndefined();
    expect(await store.plans.findResumed(store.slug, hashToken(good.token.slice(0, -1)))).toBeUndefined();
    expect(await store.plans.findResumed(store.slug, good.hash)).toBeDefined();
  });

  it('that has expired makes a save that uses it up fail', async () => {
    const begun = await store.begin();
    const late = link('a', 0);
    await send(begun, [late]);

    expect(await store.save(begun, { revision: 1, usedToken: late.hash })).toBe(false);
  });

  it('is replaced by the next link of the same step', async () => {
    const begun = await store.begin();
    const [first, second] = [link(), link()];
    await send(begun, [first]);
    await send(begun, [second], 1);

    expect(await store.plans.findResumed(store.slug, first.hash)).toBeUndefined();
    expect(await store.plans.findResumed(store.slug, second.hash)).toBeDefined();
  });

  it('is used up once, even by concurrent requests', async () => {
    const { hash, step, ttlS } = link();
    await send(await store.begin(), [{ hash, step, ttlS }]);
    const followers = await Promise.all(Array.from({ length: 16 }, () => store.begin(freshPlan({ id: randomUUID() }))));
    const won = await Promise.all(followers.map((begun) => store.save(begun, { usedToken: hash })));

    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await store.plans.findResumed(store.slug, hash)).toBeUndefined();
  });
});
