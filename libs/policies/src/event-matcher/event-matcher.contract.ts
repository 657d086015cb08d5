import { char, definePolicy, since2026 } from '@gatehouse/contracts';
import { z } from 'zod';

import { EventQueryError, parseEventQuery } from './event-query.js';

const criterion = () => char().nullable().default(null);
const NONE = 'At least one criteria must be set.';

/** Matches audit events (docs/spec/policies.md#kinds). Bound to a flow, it never passes, because there is no event. */
export const eventMatcherContract = definePolicy({
  kind: 'event_matcher',
  model: 'authentik_policies_event_matcher.eventmatcherpolicy',
  config: z.object({
    action: criterion().describe('Action of the event that matches.'),
    app: criterion().describe('App of the event that matches.'),
    model: criterion().describe('Model of the event that matches.'),
    client_ip: criterion().describe('Client address of the event that matches.'),
    query: since2026(criterion().describe('Query over the fields of the event that matches.')),
  }),
  alwaysFails: () => true,
  validate: ({ action, app, model, client_ip, query }) => {
    if (!(action || app || model || client_ip || query)) return { non_field_errors: [{ text: NONE }] };
    const problem = typeof query === 'string' ? queryProblem(query) : undefined;
    return problem === undefined ? {} : { query: [{ text: `Invalid query: ${problem}.` }] };
  },
});

/** Returns why a query cannot be parsed. */
function queryProblem(query: string): string | undefined {
  try {
    parseEventQuery(query);
    return undefined;
  } catch (error) {
    if (error instanceof EventQueryError) return error.message;
    throw error;
  }
}
