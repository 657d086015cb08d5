import { char, definePolicy, integer, MAX_PASSWORD_HISTORY, UNIQUE_PASSWORD_KIND } from '@gatehouse/contracts';
import { z } from 'zod';

/** Passes for a password that the user has not had before (docs/spec/policies.md#unique-password). */
export const uniquePasswordContract = definePolicy({
  kind: UNIQUE_PASSWORD_KIND,
  model: 'authentik_policies_unique_password.uniquepasswordpolicy',
  api_version: '2026.8',
  config: z.object({
    password_field: char().default('password').describe('Field of the form that has the password.'),
    num_historical_passwords: integer({ min: 0, max: MAX_PASSWORD_HISTORY })
      .default(1)
      .describe('Number of the last passwords, with the present one, that are refused.'),
  }),
});
