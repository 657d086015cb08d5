import type { CommitInput } from '../commit-effects.js';
import type { CommitParts } from '../commit-statement.js';

/** Returns the part that records or counts the plan which a commit ends; none if it ends no plan. */
export function journeyParts({ commit, journeys }: CommitInput): CommitParts {
  const { journey, versionId: version, eventContext } = commit;
  if (!journey || !journeys?.isOn) return {};
  const { outcome, isCounted } = journey;
  if (isCounted || journeys.isFull) return { count: { version, outcome } };
  const { loggedIn: logged_in, reason = null, steps, verdicts, client = null } = journey;
  const user_id = journeys.users && eventContext.user?.kind === 'saved' ? eventContext.user.uuid : null;
  return {
    journey: {
      ...{ version, outcome, logged_in, reason, journey_user: user_id },
      steps: JSON.stringify(steps),
      verdicts: JSON.stringify(verdicts),
      client: client && JSON.stringify(client),
    },
  };
}
