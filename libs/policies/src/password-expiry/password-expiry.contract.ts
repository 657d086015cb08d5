import { boolean, definePolicy, integer } from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Does not pass if the user's password is too old. By default also deletes the password (docs/spec/policies.md#kinds).
 */
export const passwordExpiryContract = definePolicy({
  kind: 'password_expiry',
  model: 'authentik_policies_expiry.passwordexpirypolicy',
  config: z.object({
    days: integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).describe('Age in days from which a password has expired.'),
    deny_only: boolean()
      .default(false)
      .describe('Whether an expired password is only refused and stays usable elsewhere.'),
  }),
});
