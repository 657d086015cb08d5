import type { RefusedAttempt } from '../ports/flow-observer.js';
import type { StageInvocation, StageRun } from '../stage-request.js';
import { type AttemptReservation, NETWORK_CREDENTIAL } from './attempt-store.js';
import type { Guesser } from './reservation-factory.js';

/** Number of hexadecimal digits of a subject that a log line contains in place of a name. */
const PSEUDONYM_DIGITS = 16;

/** Returns the user, flow and stage of a refused attempt, for the log. */
export function refusedAttempt(
  { context: { request, version } }: StageRun,
  { contract }: StageInvocation,
  attempt: { readonly guesser: Guesser; readonly reservations: readonly AttemptReservation[] },
): RefusedAttempt {
  return {
    ...{ requestId: request.requestId, ip: request.client.ip, flow: version.flow.slug, kind: contract.kind },
    ...guessedUser(attempt),
  };
}

/**
 * Returns the uuid of a saved user. For another name, returns its pseudonym: the first digits of the HMAC under which
 * its attempts are counted. Both are `undefined` for a guess without a user, such as at the code of an invitation.
 */
export function guessedUser({
  guesser: { user },
  reservations,
}: {
  readonly guesser: Pick<Guesser, 'user'>;
  readonly reservations: readonly AttemptReservation[];
}): Pick<RefusedAttempt, 'user' | 'subject'> {
  if (user?.kind === 'saved') return { user: user.uuid, subject: undefined };
  const ofUser = user && reservations.find(({ credential }) => !credential.endsWith(NETWORK_CREDENTIAL));
  return { user: undefined, subject: ofUser?.subject.toString('hex').slice(0, PSEUDONYM_DIGITS) };
}
