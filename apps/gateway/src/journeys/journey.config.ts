import { z } from 'zod';

const DAY_S = 86_400;
const flag = (fallback: 'true' | 'false') => z.enum(['true', 'false']).default(fallback);

/** Settings of the records of ended plans. */
export const journeyConfig = z.object({
  JOURNEYS: flag('true').describe(
    'Whether each plan that ends leaves a record, from which the funnel and the replay of a flow are made',
  ),
  JOURNEYS_KEPT_S: z.coerce
    .number()
    .int()
    .min(DAY_S)
    .max(366 * DAY_S)
    .default(30 * DAY_S)
    .describe('Seconds for which the records of ended plans are kept, in whole days'),
  JOURNEYS_MAX_MB: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(10_240)
    .describe(
      'Limit of the size of all records of ended plans, in MiB. Above it, an ended plan is counted but leaves no record. Measured every CLEANUP_EVERY_S',
    ),
  JOURNEY_NETWORKS_MAX: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(500)
    .describe(
      'Number of networks whose unanswered plans are counted separately, for each flow, version, hour and outcome. Those of further networks are counted together',
    ),
  FUNNEL_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(10_000)
    .describe(
      'Milliseconds that a statement may take to count records for the funnel of a flow, or for the list of flows',
    ),
  JOURNEY_USERS: flag('false').describe('Whether a record of an ended plan contains the id of its user'),
  JOURNEY_EVENTS: flag('false').describe('Whether each record of an ended plan has an event `flow_ended`'),
});
