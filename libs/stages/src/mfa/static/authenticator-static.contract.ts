import { defineStage, integer, reference, secret } from '@gatehouse/contracts';
import { z } from 'zod';
import { SETUP_CONTRACT_DEFAULTS } from '../set-up.js';
import { authenticatorStaticChallenge, authenticatorStaticResponse } from './authenticator-static.wire.js';

/** Hands out recovery codes (docs/spec/mfa.md#static). */
export const authenticatorStaticContract = defineStage({
  kind: 'authenticator_static',
  component: 'ak-stage-authenticator-static',
  model: 'authentik_stages_authenticator_static.authenticatorstaticstage',
  service: 'mfa',
  user_info: true,
  config: z.object({
    token_count: integer({ min: 1, max: 100 }).default(6),
    // Shorter ones can be guessed where they are kept, longer ones are not typed.
    token_length: integer({ min: 6, max: 64 }).default(12),
    friendly_name: z.string().nullable().default(null),
    configure_flow: reference('flow'),
  }),
  challenge: authenticatorStaticChallenge,
  response: authenticatorStaticResponse,
  /** The device that is half made. */
  state: z.object({ id: z.uuid(), codes: secret(z.array(z.string())) }),
  ...SETUP_CONTRACT_DEFAULTS,
  acts_on_entry: () => false,
});
