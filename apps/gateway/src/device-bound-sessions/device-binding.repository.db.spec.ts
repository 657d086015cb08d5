import { boundSessionKey, newSessionKey } from '@gatehouse/executor';
import { enrol, PlanStoreHarness } from '@gatehouse/executor-postgres/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitForBlockedStatements } from '../../../../test/support/blocked-statements.js';
import { DeviceBindingRepository } from './device-binding.repository.js';

const KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } as const;

type Begun = Awaited<ReturnType<PlanStoreHarness['begin']>>;

let store: PlanStoreHarness;
let bindings: DeviceBindingRepository;

beforeAll(async () => {
  store = await PlanStoreHarness.open();
  await store.nextFlow();
  bindings = new DeviceBindingRepository(store.source);
});
afterAll(() => store.close());

const newKey = () => newSessionKey(undefined).hash;

/** Logs a user in. */
async function loggedIn() {
  const user = await enrol(store.source);
  const [begun, key] = [await store.begin(), newKey()];
  await store.logIn(begun, user, { newKey: key });
  return { user, begun, key };
}

/** Runs the operations at the same time. They lock the session in this order. */
async function inOrder(sessionId: string, operations: readonly (() => Promise<boolean>)[]): Promise<boolean[]> {
  const runner = store.source.createQueryRunner();
  await runner.startTransaction();
  await runner.query('SELECT FROM flow.sessions WHERE id = $1 FOR UPDATE', [sessionId]);
  const results: Promise<boolean>[] = [];
  for (const operation of operations) {
    results.push(operation());
    await waitForBlockedStatements(store.source, results.length);
  }
  await runner.commitTransaction();
  await runner.release();
  return Promise.all(results);
}

it.each([
  [
    'a login of another user',
    async (begun: Begun, newKey: Buffer) => store.logIn(begun, await enrol(store.source), { revision: 1, newKey }),
  ],
  [
    'a logout',
    (begun: Begun, newKey: Buffer) => store.save(begun, { revision: 1, newKey, effects: [{ type: 'logout' }] }),
  ],
])('%s leaves the session unbound, also if another request binds it at the same time', async (_, change) => {
  const { begun, key } = await loggedIn();
  const fresh = newKey();
  const bind = () => bindings.bind([key], begun.sessionId, KEY);
  expect(await inOrder(begun.sessionId, [bind, () => change(begun, fresh)])).toEqual([true, true]);
  expect(await bindings.find(begun.sessionId, [key, fresh])).toBeUndefined();
  expect((await store.plans.load(store.slug, fresh))?.session).toMatchObject({ id: begun.sessionId, retired: false });
  expect((await store.plans.load(store.slug, boundSessionKey(fresh, begun.sessionId)))?.session).toBeUndefined();
});

it('a session that is one of several logins of its browser cannot be bound', async () => {
  const { begun, key } = await loggedIn();
  await store.source.query('UPDATE flow.sessions SET login_set = $2 WHERE id = $1', [begun.sessionId, newKey()]);
  expect(await bindings.bind([key], begun.sessionId, KEY)).toBe(false);
});

it('a registration binds nothing if another user has logged in to the session meanwhile', async () => {
  const { begun, key } = await loggedIn();
  const other = await enrol(store.source);
  const [logIn, bind] = [
    () => store.logIn(begun, other, { revision: 1 }),
    () => bindings.bind([key], begun.sessionId, KEY),
  ];
  expect(await inOrder(begun.sessionId, [logIn, bind])).toEqual([true, false]);
});

it('a new login of the same user keeps the binding, unless all sessions of the user were ended before', async () => {
  const { user, begun, key } = await loggedIn();
  expect(await bindings.bind([key], begun.sessionId, KEY)).toBe(true);
  const [second, third] = [newKey(), newKey()];
  await store.logIn(begun, user, { revision: 1, newKey: second });
  expect(await store.plans.load(store.slug, second)).toMatchObject({ session: undefined });
  expect((await store.plans.load(store.slug, boundSessionKey(second, begun.sessionId)))?.session).toBeDefined();
  expect((await bindings.find(begun.sessionId, [key]))?.isOwn).toBe(false);
  expect((await bindings.find(begun.sessionId, [second]))?.isOwn).toBe(true);

  await store.source.query('UPDATE directory.users SET epoch = epoch + 1 WHERE id = $1', [user.uuid]);
  await store.logIn(begun, { ...user, epoch: user.epoch + 1 }, { revision: 2, newKey: third });
  expect(await bindings.find(begun.sessionId, [third])).toBeUndefined();
  expect((await store.plans.load(store.slug, third))?.session).toBeDefined();
});
