import { char, definePolicy, integer } from '@gatehouse/contracts';
import { z } from 'zod';

/** Passes if the client's address belongs to a listed autonomous system or country (docs/spec/policies.md#kinds). */
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
  }),
});
