import { emptyPlan } from '@gatehouse/plan';
import { expect, it } from 'vitest';
import type { SessionChange } from './session-change.js';
import { type SessionState, sessionStateAfter } from './session-state.js';

const person = (username: string) => ({
  ...{ kind: 'saved', uuid: '00000000-0000-4000-8000-000000000001', pk: 1, username, name: '', email: '' },
  ...{ is_active: true, epoch: 1, locale: '' },
});
const alice: SessionState = {
  sessionUser: person('alice') as SessionState['sessionUser'],
  proved: true,
  visitor: { authenticated: true, superuser: false, outpost: false },
};
const plan = { ...emptyPlan('p'), context: { pending_user: person('bob') } } as ReturnType<typeof emptyPlan>;

it.each([
  [
    { type: 'login', second_factor: true },
    { sessionUser: { username: 'bob' }, proved: true },
  ],
  [
    { type: 'login', second_factor: false },
    { sessionUser: { username: 'bob' }, proved: false },
  ],
  [{ type: 'login' }, { sessionUser: { username: 'bob' }, proved: false }],
  [{ type: 'logout' }, { sessionUser: null, proved: false }],
])(
  'what one login has proved is nothing to the next, in the same request either (accident 25): %j',
  (change, after) => {
    expect(sessionStateAfter(change as SessionChange, alice, plan)).toMatchObject(after);
  },
);
