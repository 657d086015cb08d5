import { boolean, char, definePolicy, integer, since2026 } from '@gatehouse/contracts';
import { z } from 'zod';
import { MAX_LOGIN_PLACES } from '../login-places.repository.js';

const kilometres = (fallback: number) => integer({ min: 0, max: Number.MAX_SAFE_INTEGER }).default(fallback);

/**
 * Passes if the client's autonomous system or country is listed, and if the user could have travelled from the places
 * of the last logins to the client's place (docs/spec/policies.md#geoip).
 */
export const geoipContract = definePolicy({
  kind: 'geoip',
  model: 'authentik_policies_geoip.geoippolicy',
  config: z.object({
    asns: z
      .array(integer({ min: 0, max: 2 ** 32 - 1 }))
      .default([])
      .describe('Numbers of the networks that pass.'),
    countries: z
      .array(char({ maxLength: 2, minLength: 2 }))
      .default([])
      .describe('Codes of the countries that pass.'),
    check_history_distance: since2026(
      boolean().default(false).describe('Whether the place must be near the last logins.'),
    ),
    history_max_distance_km: since2026(kilometres(100).describe('Largest distance to the last logins in kilometres.')),
    distance_tolerance_km: since2026(kilometres(50).describe('Kilometres that are added to that distance.')),
    history_login_count: since2026(
      integer({ min: 0, max: MAX_LOGIN_PLACES }).default(5).describe('Number of the last logins that are compared.'),
    ),
    check_impossible_travel: since2026(
      boolean().default(false).describe('Whether a traveller must be able to reach the place from the last logins.'),
    ),
    impossible_tolerance_km: since2026(
      kilometres(100).describe('Kilometres that are added to what a traveller can cover.'),
    ),
  }),
});
