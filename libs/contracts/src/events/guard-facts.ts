import { z } from 'zod';

const summary = z.object({
  plans: z.int().describe('plans that began since the rollout has this share, and that their visitor has answered'),
  completed: z.int(),
  networks: z.int(),
  rate: z.number().optional().describe('share of completed plans, in which no network weighs more than 1 %'),
});

/** What the guard of a rollout has found. */
export const guardFacts = z.object({
  margin: z.number().describe('allowed drop of the completion rate in percentage points'),
  current: summary.describe('the version that was current'),
  candidate: summary.describe('the version that was rolled out'),
  probability: z.number().optional().describe('probability of such a drop, if the true drop is the margin'),
  level: z.number().optional().describe('probability below which the guard decides'),
});
export type GuardFacts = z.output<typeof guardFacts>;

/** The rollout that an event is about. */
export const rolloutFacts = z.object({
  flow: z.object({ pk: z.uuid(), slug: z.string() }),
  version: z.int().describe('number of the version that is rolled out'),
  current_version: z.int(),
  guard: guardFacts,
});
