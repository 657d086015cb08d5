import { isProved } from '@gatehouse/plan';
import type { StageInvocation, StageRun } from '../stage-request.js';
import type { Guesser } from './reservation-factory.js';

/** Returns for whom the attempts of a request count: the pending user, else the user of the session. */
export function guesserOf({ context, session }: StageRun, { plan }: Pick<StageInvocation, 'plan'>): Guesser {
  const { request } = context;
  const { sessionUser } = session;
  const user = plan.context.pending_user ?? sessionUser ?? undefined;
  const guesser = { user, ip: request.client.ip };
  if (user?.kind !== 'saved') return { ...guesser, isProved: false };
  const isOfSession = sessionUser?.kind === 'saved' && sessionUser.uuid === user.uuid;
  return { ...guesser, isProved: isOfSession || isProved(plan, user.uuid), browser: request.knownBrowserOf(user) };
}
