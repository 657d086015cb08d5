import type { OutboxMessage } from '@gatehouse/outbox';
import { timeOfUuidV7 } from '@gatehouse/platform';
import type { CommitInput } from '../commit-effects.js';
import type { CommitParts } from '../commit-statement.js';
import { flowEndedMessage } from './journey.events.js';

/**
 * Returns the part of the save statement that records or counts the end of the plan. Returns no part if the commit does
 * not end the plan, or if ends of plans are not recorded.
 */
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

/**
 * Returns the event `flow_ended` if the commit ends its plan with a journey record (docs/spec/journeys.md), and events
 * of journey records are enabled.
 */
export function journeyMessages({ commit, journeys }: CommitInput): OutboxMessage[] {
  const { journey, versionId, eventContext, plan } = commit;
  if (!journey || !journeys?.isOn || !journeys.events || journeys.isFull || journey.isCounted) return [];
  const ms = Date.now() - timeOfUuidV7(plan.id);
  return [flowEndedMessage({ ...journey, flow: eventContext.flow, versionId, ms })];
}
