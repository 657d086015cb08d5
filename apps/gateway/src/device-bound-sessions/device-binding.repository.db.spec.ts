import { boundSessionKey, newSessionKey } from '@gatehouse/executor';
import { enrol, PlanStoreHarness } from '@gatehouse/executor-postgres/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
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

/** Logs a user in, in a session that is then bound. */
async function boundSession() {
  const user = await enrol(store.source);
  const [begun, key] = [await store.begin(), newKey()];
  await store.logIn(begun, user, { newKey: key });
  expect(await bindings.bind([key], begun.sessionId, KEY)).toBe(true);
  return { user, begun, key };
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
])('%s ends the binding, although a request bound the session while it was judged', async (_, change) => {
  const { begun, key } = await boundSession();
  const fresh = newKey();
  expect(await change(begun, fresh)).toBe(true);
  expect(await bindings.find(begun.sessionId, [key, fresh])).toBeUndefined();
  expect((await store.plans.load(store.slug, fresh))?.session).toMatchObject({ id: begun.sessionId, retired: false });
  expect((await store.plans.load(store.slug, boundSessionKey(fresh, begun.sessionId)))?.session).toBeUndefined();
});

it('a login of the session’s own user keeps the binding, until all sessions of the user were ended', async () => {
  const { user, begun, key } = await boundSession();
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
