import { isProved } from '@gatehouse/plan';
import type { StageInvocation, StageRun } from '../stage-request.js';
import type { Guesser } from './reservation-factory.js';

/** Returns who makes the guess in a request: the pending user, else the user of the session. */
export function guesserOf({ context, session }: StageRun, { plan }: Pick<StageInvocation, 'plan'>): Guesser {
  const { request } = context;
  const { sessionUser } = session;
  const { pending_user, pending_user_identifier: typedName } = plan.context;
  const user = pending_user ?? sessionUser ?? undefined;
  const guesser = { ip: request.client.ip, typedName };
  if (user?.kind !== 'saved') return { user, isProved: false, ...guesser };
  const isOfSession = sessionUser?.kind === 'saved' && sessionUser.uuid === user.uuid;
  const browser = request.knownBrowserOf(user);
  return { user, isProved: isOfSession || isProved(plan, user.uuid), browser, ...guesser };
}
