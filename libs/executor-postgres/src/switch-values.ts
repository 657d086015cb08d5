import type { PlanCommit, SessionSwitch } from '@gatehouse/executor';
import { eventMessage, type OutboxMessage } from '@gatehouse/outbox';
import type { StatementValues } from './commit-statement.js';
import { eventFacts } from './event-facts.js';

/**
 * Returns the values of the parts `add` and `switch`. The part `add` also has the values of a login, which name the
 * added user.
 */
export function switchValues(
  { session, from, to, isProved, set, newSet }: SessionSwitch,
  { newKey, eventContext }: PlanCommit,
): StatementValues {
  return {
    target_session: session,
    from_user: from,
    login_set: set ?? null,
    new_set: newSet.hash,
    new_key: newKey,
    ...(to && { user: to.uuid, epoch: to.epoch, methods: eventContext.provedMethods ?? [], proves: isProved }),
  };
}

/** Returns the event of a commit that changes the browser to the session of another user. */
export function switchMessages({ userSwitch, eventContext }: PlanCommit): OutboxMessage[] {
  const { sessionUser: before, user } = eventContext;
  if (!userSwitch || !before || user?.kind !== 'saved') return [];
  const { action, session } = userSwitch;
  const context = { action, session, from_user: { pk: before.pk, username: before.username } };
  return [eventMessage({ action: 'user_switched', context }, eventFacts(eventContext))];
}
