import { type Plan, planBody } from '@gatehouse/plan';
import { z } from 'zod';
import { type Identity, toSavedUser } from '../ports/plan-store.js';

/**
 * The run of a preview between two requests. Only the operator's page keeps it, sealed: a preview has no session and no
 * row.
 */
export const previewState = z.object({
  plan: planBody.extend({ id: z.string() }),
  revision: z.int(),
  /** Whether the run has logged the test user in, as far as its later steps know. */
  logged_in: z.boolean(),
  /** The links in the mails of the run that were not used. */
  links: z.array(z.object({ hash: z.string(), step: z.string(), expires: z.iso.datetime() })).default([]),
});
export type PreviewState = z.output<typeof previewState>;

/**
 * Returns the plan of a state with the current data of the test user, and whether that user has changed since, as if the
 * plan were loaded from a row. Throws Error for a plan of another user.
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
