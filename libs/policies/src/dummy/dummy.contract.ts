import { boolean, definePolicy, integer } from '@gatehouse/contracts';
import { z } from 'zod';

const seconds = (fallback: number) => integer({ min: 0, max: 2 ** 31 - 1 }).default(fallback);

/** Returns a configured result after a delay. For tests of flows (docs/spec/policies.md#kinds). */
export const dummyContract = definePolicy({
  kind: 'dummy',
  model: 'authentik_policies_dummy.dummypolicy',
  config: z.object({
    result: boolean().default(false).describe('The result of the policy.'),
    wait_min: seconds(5).describe('Shortest wait in seconds.'),
    wait_max: seconds(30).describe('Longest wait in seconds.'),
  }),
  alwaysFails: ({ result }) => result === false,
});
