import { char, definePolicy } from '@gatehouse/contracts';
import { z } from 'zod';

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
  }),
  alwaysFails: () => true,
  validate: ({ action, app, model, client_ip }) =>
    action || app || model || client_ip ? {} : { non_field_errors: [{ text: NONE }] },
});
