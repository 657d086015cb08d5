import { newSessionKey, type SessionProof } from '@gatehouse/executor';
import { enrol, eventContextFor, LIFETIMES, login, PlanStoreHarness } from '@gatehouse/executor-postgres/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

type User = Awaited<ReturnType<typeof enrol>>;

let store: PlanStoreHarness;

beforeAll(async () => {
  store = await PlanStoreHarness.open();
});
afterAll(() => store.close());
beforeEach(() => store.nextFlow());

async function loggedIn(user: User, provedDevices: readonly number[] = []) {
  const begun = await store.begin();
  const { hash } = newSessionKey(undefined);
  const about = { ...eventContextFor(user, store.slug), recentlyProved: false, provedDevices };
  await store.save(begun, { effects: [login(user)], newKey: hash, eventContext: about });
  return { ...begun, hash };
}
type Begun = Awaited<ReturnType<typeof loggedIn>>;

const prove = (begun: Begun, proof: SessionProof, revision = 1) => store.save(begun, { revision, proof });
async function proofsOf({ hash }: Begun) {
  const { recentlyProved, provedDevices } = (await store.plans.load(store.slug, hash))!.session!;
  return { recentlyProved, provedDevices };
}
const age = ({ sessionId }: Begun, field: string, seconds: number) =>
  store.source.query(
    `UPDATE flow.sessions SET data = data || jsonb_build_object($2::text, now() - make_interval(secs => $3)) WHERE id = $1`,
    [sessionId, field, seconds],
  );

describe('a proof of the user of a session', () => {
  it('counts in that session until it is older than its setting allows', async () => {
    const user = await enrol(store.source);
    const begun = await loggedIn(user);
    expect(await proofsOf(begun)).toEqual({ recentlyProved: false, provedDevices: [] });
    expect(await prove(begun, { user: user.uuid, devices: [7, 8], isVerified: true })).toBe(true);
    expect(await proofsOf(begun)).toEqual({ recentlyProved: true, provedDevices: [7, 8] });
    await age(begun, 'devices_at', LIFETIMES.proofS + 1);
    expect(await proofsOf(begun)).toEqual({ recentlyProved: true, provedDevices: [] });
    await age(begun, 'proved_at', LIFETIMES.credentialProofS + 1);
    expect(await proofsOf(begun)).toEqual({ recentlyProved: false, provedDevices: [] });
  });

  it('and a proof of a device are separate: neither removes or adds the other', async () => {
    const user = await enrol(store.source);
    const begun = await loggedIn(user);
    await prove(begun, { user: user.uuid, devices: [7], isVerified: false });
    expect(await proofsOf(begun)).toEqual({ recentlyProved: false, provedDevices: [7] });
    await prove(begun, { user: user.uuid, devices: [], isVerified: true }, 2);
    expect(await proofsOf(begun)).toEqual({ recentlyProved: true, provedDevices: [7] });
  });

  it('is stored only for the user of the session, and only together with the plan (accident 25)', async () => {
    const [user, other] = [await enrol(store.source), await enrol(store.source)];
    const begun = await loggedIn(user);
    await prove(begun, { user: other.uuid, devices: [7], isVerified: true });
    expect(await prove(begun, { user: user.uuid, devices: [7], isVerified: true })).toBe(false);
    expect(await proofsOf(begun)).toEqual({ recentlyProved: false, provedDevices: [] });
  });

  it('is replaced by the proofs of the next login', async () => {
    const user = await enrol(store.source);
    const begun = await loggedIn(user, [7]);
    expect(await proofsOf(begun)).toEqual({ recentlyProved: false, provedDevices: [7] });
    await prove(begun, { user: user.uuid, devices: [8], isVerified: true });
    const { hash } = newSessionKey(undefined);
    await store.logIn(begun, user, { revision: 2, newKey: hash });
    expect(await proofsOf({ ...begun, hash })).toEqual({ recentlyProved: false, provedDevices: [] });
  });
});
