import { newSessionKey } from '@gatehouse/executor';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshPlan, PlanStoreHarness } from '../testing/plan-store-harness.js';
import { DEFAULT_SESSION_APPLICATIONS } from './commit-effects.js';

let store: PlanStoreHarness;
beforeAll(async () => {
  store = await PlanStoreHarness.open();
});
afterAll(() => store.close());
beforeEach(() => store.nextFlow());

type Begun = Awaited<ReturnType<PlanStoreHarness['begin']>>;

const signIn = (begun: Begun, client: string, revision = 0) =>
  store.save(begun, { revision, effects: [{ type: 'sign_in', client }] });

/** Returns the clients to which a session has signed in, the latest sign-in first. */
async function clientsOf({ sessionId }: Pick<Begun, 'sessionId'>): Promise<string[]> {
  const sql = 'SELECT client_id FROM flow.signed_in_applications WHERE session_id = $1 ORDER BY signed_in_at DESC';
  return (await store.source.query<{ client_id: string }[]>(sql, [sessionId])).map(({ client_id }) => client_id);
}

describe('the applications to which a session has signed in', () => {
  it('are recorded once each, for this session only', async () => {
    const [begun, other] = [await store.begin(), await store.begin()];
    await signIn(begun, 'shop');
    await signIn(begun, 'wiki', 1);
    await signIn(begun, 'shop', 2);
    expect([await clientsOf(begun), await clientsOf(other)]).toEqual([['shop', 'wiki'], []]);
  });

  it('are not recorded if another request has saved the plan first', async () => {
    const begun = await store.begin();
    expect(await signIn(begun, 'shop', 7)).toBe(false);
    expect(await clientsOf(begun)).toEqual([]);
  });

  it('are limited in number: beyond it, the oldest sign-ins are deleted', async () => {
    const begun = await store.begin();
    const clients = Array.from({ length: DEFAULT_SESSION_APPLICATIONS + 1 }, (_, i) => `app-${i}`);
    for (const [revision, client] of clients.entries()) await signIn(begun, client, revision);
    expect(await clientsOf(begun)).toEqual(clients.slice(1).toReversed());
    await signIn(begun, 'app-1', clients.length);
    expect((await clientsOf(begun)).toSorted()).toEqual(clients.slice(1).toSorted());
  });

  it('are deleted by a logout and with the session', async () => {
    const begun = await store.begin();
    await signIn(begun, 'shop');
    await store.save(begun, { revision: 1, effects: [{ type: 'logout' }], newKey: newSessionKey(undefined).hash });
    expect(await clientsOf(begun)).toEqual([]);

    const ended = await store.begin(freshPlan());
    await signIn(ended, 'shop');
    await store.source.query('DELETE FROM flow.sessions WHERE id = $1', [ended.sessionId]);
    expect(await clientsOf(ended)).toEqual([]);
  });
});
