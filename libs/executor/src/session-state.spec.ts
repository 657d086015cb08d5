import { emptyPlan } from '@gatehouse/plan';
import { expect, it } from 'vitest';
import { type SessionChange, sessionAfter } from './effects.js';
import type { SessionState } from './session-state.js';

const savedUser = (username: string) => ({
  ...{ kind: 'saved', uuid: '00000000-0000-4000-8000-000000000001', pk: 1, username, name: '', email: '' },
  ...{ is_active: true, epoch: 1, locale: '' },
});
const alice: SessionState = {
  sessionUser: savedUser('alice') as SessionState['sessionUser'],
  deviceProved: true,
  recentlyProved: true,
  login: undefined,
  provedDevices: [1],
  visitor: { authenticated: true, superuser: false, outpost: false },
};
/** A plan whose pending user Bob is not verified. */
const plan = { ...emptyPlan('p'), context: { pending_user: savedUser('bob') } } as ReturnType<typeof emptyPlan>;

it.each([
  [
    { type: 'login', second_factor: true },
    { sessionUser: { username: 'bob' }, deviceProved: true, recentlyProved: false, provedDevices: [] },
  ],
  [
    { type: 'login', second_factor: false },
    { sessionUser: { username: 'bob' }, deviceProved: false, recentlyProved: false },
  ],
  [{ type: 'login' }, { sessionUser: { username: 'bob' }, deviceProved: false }],
  [{ type: 'logout' }, { sessionUser: null, deviceProved: false, recentlyProved: false, provedDevices: [] }],
])('the session after %j has no proofs of the login before (accident 25)', (change, after) => {
  const { uuid: user } = savedUser('bob');
  expect(sessionAfter(alice, { ...change, user } as SessionChange, plan)).toMatchObject(after);
});

it('a login counts as a recent proof, also of the devices of its plan, if that plan has verified the user', () => {
  const { uuid } = savedUser('bob');
  const proved = { ...plan, context: { ...plan.context, verified_user: uuid, enrolled_devices: [7] } };
  expect(sessionAfter(alice, { type: 'login', user: uuid } as SessionChange, proved)).toMatchObject({
    recentlyProved: true,
    provedDevices: [7],
  });
});
