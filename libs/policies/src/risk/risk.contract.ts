import { char, definePolicy, integer } from '@gatehouse/contracts';
import { z } from 'zod';
import { MAX_LOGIN_PLACES } from '../login-places.repository.js';

/** Largest weight of a factor, and largest threshold. */
export const MAX_RISK = 1000;

const weight = (fallback: number) => integer({ min: 0, max: MAX_RISK }).default(fallback);

/** Passes when a login is risky, by data that this installation already has (docs/spec/policies.md#risk). */
export const riskContract = definePolicy({
  kind: 'risk',
  model: 'gatehouse_policies.riskpolicy',
  config: z.object({
    threshold: integer({ min: 1, max: MAX_RISK })
      .default(50)
      .describe('Sum of weights at which the policy passes, or above it.'),
    new_country: weight(30).describe(
      'Weight of a country from which the user has not logged in before. 0: not judged.',
    ),
    impossible_travel: weight(60).describe('Weight of a place that a traveller cannot have reached. 0: not judged.'),
    new_device: weight(20).describe(
      'Weight of a browser and system that the user has not logged in with. 0: not judged.',
    ),
    dormant_account: weight(20).describe('Weight of an account that was not used for long. 0: not judged.'),
    address_reputation: weight(30).describe('Weight of a bad reputation of the address. 0: not judged.'),
    breached_password: weight(50).describe('Weight of a typed password that is in the list of leaks. 0: not judged.'),
    history_login_count: integer({ min: 1, max: MAX_LOGIN_PLACES })
      .default(20)
      .describe('Number of the last logins that are compared.'),
    impossible_tolerance_km: integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
      .default(100)
      .describe('Kilometres that are added to what a traveller can cover.'),
    dormant_days: integer({ min: 1, max: 3650 })
      .default(90)
      .describe('Days without a login after which an account is dormant.'),
    reputation_threshold: integer({ min: -(2 ** 31), max: 0 })
      .default(-5)
      .describe('Score of the address that is bad, or below it.'),
    password_field: char().default('password').describe('Field of the form that has the password.'),
  }),
});
