import { type Plan, planBody } from '@gatehouse/plan';
import { z } from 'zod';
import { type Identity, toSavedUser } from '../ports/plan-store.js';

/**
 * The state of a preview between two requests. A preview has no session and no row; the operator's page keeps the
 * state, encrypted.
 */
export const previewState = z.object({
  plan: planBody.extend({ id: z.string() }),
  revision: z.int(),
  /** Whether a step has logged the test user in. Later steps see it as the session's user. */
  logged_in: z.boolean(),
  /** The unused links in the mails of this preview. */
  links: z.array(z.object({ hash: z.string(), step: z.string(), expires: z.iso.datetime() })).default([]),
});
export type PreviewState = z.output<typeof previewState>;

/**
 * Returns the plan of a state with the test user's current data. `orphaned` says whether the user's epoch has changed
 * since the plan was stored. Throws an Error if the plan has another user.
 */
export function planOfState({ plan: { id, context, ...body } }: PreviewState, user: Identity) {
  const pending = context.pending_user as Plan['context']['pending_user'];
  if (pending?.kind !== 'saved')
    return { plan: { ...body, id, context: { ...context, pending_user: pending } } as Plan, orphaned: false };
  if (pending.uuid !== user.uuid) throw new Error('the plan of a preview has another user than its test user');
  const { backend } = pending;
  const pendingUser = backend === undefined ? toSavedUser(user) : { backend, ...toSavedUser(user) };
  const plan = { ...body, id, context: { ...context, pending_user: pendingUser } } as Plan;
  return { plan, orphaned: pending.epoch !== user.epoch };
}
