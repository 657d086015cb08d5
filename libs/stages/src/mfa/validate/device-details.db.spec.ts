import { randomUUID } from 'node:crypto';
import type { NewDevice } from '@gatehouse/authenticators';
import type { DeviceDatabase } from '@gatehouse/authenticators/testing';
import type { PlanContext, SavedUser, StageRequest } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { codeHarness, newUser } from '../../../testing/code-harness.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';
import type { AuthenticatorValidateStage } from './authenticator-validate.stage.js';

let database: DeviceDatabase;
let stage: AuthenticatorValidateStage;
let alice: SavedUser;

beforeAll(async () => {
  ({ database, stage } = await codeHarness());
});
afterAll(() => database?.close());
beforeEach(async () => {
  alice = newUser();
  await add({ kind: 'static', name: 'Static Token', codes: ['Abc123'] });
  await add({ kind: 'totp', name: 'Old phone', lastUsed: new Date('2026-10-01T10:00:00Z') });
  await add({ kind: 'totp', name: "Alice's phone", lastUsed: new Date('2026-11-01T10:00:00Z') });
  await add({ kind: 'totp', name: 'TOTP Authenticator' });
});

const add = (device: Omit<NewDevice, 'id' | 'user'>) =>
  database.devices.add({ id: randomUUID(), user: alice.uuid, ...device });

/** Returns the details of devices in the entries of the challenge. */
async function details(context: PlanContext, session?: StageRequest['session']) {
  const request = session ? { session } : {};
  const reply = await driveStage(authenticatorValidateContract, stage, { context, request }).show();
  const entries = ('challenge' in reply ? reply.challenge['device_challenges'] : []) as Record<string, unknown>[];
  return entries.map(({ device_class, last_used, names }) => ({ device_class, last_used, names }));
}

const HIDDEN = [
  { device_class: 'static', last_used: null, names: [] },
  { device_class: 'totp', last_used: null, names: [] },
];
const SHOWN = [
  { device_class: 'static', last_used: null, names: [] },
  { device_class: 'totp', last_used: '2026-11-01T10:00:00.000Z', names: ["Alice's phone", 'Old phone'] },
];

describe('the names that the user has given to devices, and their last use', () => {
  it('are not shown to a visitor who has only named the user, or proved a token or another identity', async () => {
    const bob = newUser();
    expect(await details({ pending_user: alice })).toEqual(HIDDEN);
    expect(await details({ pending_user: alice, verified_user: bob.uuid })).toEqual(HIDDEN);
    expect(await details({ pending_user: alice, auth_method: 'token' })).toEqual(HIDDEN);
    expect(await details({ pending_user: alice }, { user: bob })).toEqual(HIDDEN);
  });

  it('are shown after a proof in the plan, or to the logged-in user, without default names', async () => {
    expect(await details({ pending_user: alice, verified_user: alice.uuid })).toEqual(SHOWN);
    expect(await details({ pending_user: alice, auth_method: 'password' })).toEqual(SHOWN);
    expect(await details({}, { user: alice })).toEqual(SHOWN);
  });
});
