import type { Effect, SavedUser } from '@gatehouse/contracts';
import type { PlanCommit } from '@gatehouse/executor';
import { eventBody } from '@gatehouse/outbox';
import { Sealer } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { eventContextFor } from '../testing/event-context.js';
import { LIFETIMES } from '../testing/index.js';
import { savedEffects } from './commit-effects.js';

const userNamed = (username: string, uuid: string): SavedUser => ({
  ...{ kind: 'saved', uuid, pk: 1, username, name: '', email: '', is_active: true, epoch: 1, locale: '' },
});
const alice = userNamed('alice', '41c05c63-2f0e-4b3b-9d38-5e3c1a2b4c5d');
const bob = userNamed('bob', '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e');
const sealer = new Sealer(`k:${Buffer.alloc(32, 7).toString('base64')}`);

/**
 * Returns the user whom an event is about. A stage requests the event for `user`, in a plan with the pending user
 * `pending`, in a session of alice.
 */
function subjectOf(pending: SavedUser | undefined, user: string | undefined) {
  const event: Effect = { type: 'event', action: 'user_write', context: { created: false }, ...(user && { user }) };
  const eventContext = { ...eventContextFor(pending, 'lock'), sessionUser: alice };
  const commit = { effects: [{ type: 'logout' }, event], eventContext } as unknown as PlanCommit;
  const { messages } = savedEffects({ commit, sealer, lifetimes: LIFETIMES });
  const [message] = messages.filter(({ topic }) => topic === 'events.user_write');
  return { order: message?.user, user: eventBody.parse(message?.body).user };
}

it('an event is about the user whom the stage names, if that is the pending user or the session’s user', () => {
  expect(subjectOf(bob, bob.uuid)).toEqual({ order: bob.uuid, user: bob });
  expect(subjectOf(undefined, alice.uuid)).toEqual({ order: alice.uuid, user: alice });
});

it('an event is about the pending user if the stage names no user', () => {
  expect(subjectOf(bob, undefined).user).toEqual(bob);
  expect(subjectOf(undefined, undefined).user).toBeNull();
});
