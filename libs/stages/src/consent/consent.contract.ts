import { char, choice, consentChallenge, defineStage, duration, secret } from '@gatehouse/contracts';
import { z } from 'zod';

export const MODES = ['always_require', 'permanent', 'expiring'] as const;

/** Largest length of the token of a consent challenge, in characters. */
export const MAX_TOKEN = 256;

/** The permissions that the challenge has shown. A response consents to no other permissions. */
const shownPermissions = z.object({
  token: z.string(),
  permissions: z.array(z.string()),
  additional: z.array(z.string()),
});

/**
 * Contract of the consent stage, which asks the user to grant permissions to an application
 * (docs/spec/stages.md#consent).
 */
export const consentContract = defineStage({
  kind: 'consent',
  component: 'ak-stage-consent',
  model: 'authentik_stages_consent.consentstage',
  service: 'consent',
  user_info: true,
  config: z.object({
    mode: choice(MODES).default('expiring').describe('How long the consent counts.'),
    consent_expire_in: duration('weeks=4').describe('Lifetime of an expiring consent.'),
  }),
  challenge: consentChallenge,
  response: z.object({ token: secret(char({ maxLength: MAX_TOKEN })) }).meta({
    id: 'ConsentChallengeResponseRequest',
    description: 'Grants the permissions that were shown with this token.',
  }),
  state: z.object({ shown: shownPermissions.optional() }),
  reads: {
    pending_user: 'optional',
    application: 'optional',
    consent_header: 'optional',
    consent_permissions: 'optional',
    consent_additional_permissions: 'optional',
  },
  errors: {
    consent_outdated: { string: 'This question has been asked anew since. Please look at it again.', code: 'invalid' },
    consent_token_wrong: { string: 'Invalid consent token, re-showing prompt', code: 'invalid' },
    consent_changed: { string: 'What is asked for has changed. Please look at it again.', code: 'invalid' },
  },
  effects: ['event'],
  addressable: ['token'],
  // On a GET the stage only asks, or passes because of an earlier grant.
  acts_on_entry: () => false,
  consent: 'asked',
  writes_data: true,
});
