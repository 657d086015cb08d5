import { defineStage, integer, reference, secret } from '@gatehouse/contracts';
import { z } from 'zod';
import { SETUP_CONTRACT_DEFAULTS } from '../required-proof.js';
import { authenticatorStaticChallenge, authenticatorStaticResponse } from './authenticator-static.wire.js';

/** Contract of the stage that issues recovery codes (docs/spec/mfa.md#static). */
export const authenticatorStaticContract = defineStage({
  kind: 'authenticator_static',
  component: 'ak-stage-authenticator-static',
  model: 'authentik_stages_authenticator_static.authenticatorstaticstage',
  service: 'mfa',
  preview: { changes_user: true },
  user_info: true,
  config: z.object({
    token_count: integer({ min: 1, max: 100 }).default(6).describe('Number of codes.'),
    // Digests of shorter codes could be brute-forced. Longer codes are hard to type.
    token_length: integer({ min: 6, max: 100 }).default(12).describe('Length of a code.'),
    friendly_name: z.string().nullable().default(null).describe('Name of the stage for users.'),
    configure_flow: reference('flow').describe('Flow in which users set the codes up in their settings.'),
  }),
  challenge: authenticatorStaticChallenge,
  response: authenticatorStaticResponse,
  /** The device that is being set up. */
  state: z.object({ id: z.uuid(), codes: secret(z.array(z.string())) }),
  ...SETUP_CONTRACT_DEFAULTS,
  acts_on_entry: () => false,
});
