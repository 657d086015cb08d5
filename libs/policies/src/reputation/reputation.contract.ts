import { boolean, definePolicy, integer } from '@gatehouse/contracts';
import { z } from 'zod';

const NEITHER = 'Either IP or Username must be checked';

/** Passes when the reputation score is at or below a threshold (docs/spec/policies.md#kinds). */
export const reputationContract = definePolicy({
  kind: 'reputation',
  model: 'authentik_policies_reputation.reputationpolicy',
  config: z.object({
    check_ip: boolean().default(true).describe('Whether the score of the address counts.'),
    check_username: boolean().default(true).describe('Whether the score of the name counts.'),
    threshold: integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
      .default(-5)
      .describe('Score at which the policy passes, or below it.'),
  }),
  validate: ({ check_ip, check_username }) =>
    check_ip === false && check_username === false ? { non_field_errors: [{ text: NEITHER }] } : {},
});
