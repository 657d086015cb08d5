import { z } from 'zod';

/** Numbers of answered plans of a version since `counted_from`. */
const rolloutCounts = z
  .object({
    plans: z.int(),
    completed: z.int(),
    networks: z.int(),
    rate: z.number().nullable().describe('share of completed plans, with networks weighted; null for too few networks'),
  })
  .meta({ id: 'FlowRolloutCounts', description: 'The answered plans of a version since its rollout counts.' });

/** A running rollout of a flow. */
export const flowRollout = z
  .object({
    slug: z.string(),
    current: z.int().describe('number of the current version'),
    candidate: z.int().describe('number of the version that is being rolled out'),
    percent: z.number().describe('percent of new logins that start on the candidate'),
    started: z.iso.datetime(),
    counted_from: z.iso.datetime().describe('plans that began earlier do not count'),
    chosen_until: z.iso
      .datetime()
      .nullable()
      .describe('until when new logins start on the candidate if the guard does not look; null for always'),
    counts: z.object({ current: rolloutCounts, candidate: rolloutCounts }),
    guard: z
      .object({
        condition: z.string().describe('such as `completion=-2%`'),
        margin: z.number().describe('allowed drop of the completion rate in percentage points'),
        until: z.iso.datetime().describe('when the guard may publish the candidate'),
        looked: z.iso.datetime().nullable().describe('time of the last look'),
        halted: z.iso
          .datetime()
          .nullable()
          .describe('when the guard stopped, because going back could weaken the flow'),
        tests: z.int(),
        verdict: z.enum(['too_few', 'lower', 'unclear', 'not_lower']).nullable().describe('finding of the last look'),
      })
      .nullable()
      .meta({ id: 'FlowRolloutGuard', description: 'The guard of a rollout.' }),
  })
  .meta({ id: 'FlowRollout', description: 'A version of a flow that a share of the new logins gets.' });
