import { digits, ownField, secret } from '@gatehouse/contracts';
import { z } from 'zod';

/** Challenge that asks for the code of another device (docs/spec/device-codes.md#entering). */
export const deviceCodeChallenge = z
  .object({})
  .meta({ id: 'OAuthDeviceCodeChallenge', description: 'Asks for the code that another device shows.' });

/** Response with the code of the other device. */
export const deviceCodeResponse = z
  .object({ code: secret(digits()) })
  .meta({ id: 'OAuthDeviceCodeChallengeResponseRequest', description: 'The code that the other device shows.' });

/**
 * Challenge that says that the device is approved. Consent services before 1.0 use this challenge to ask for the
 * approval.
 */
export const deviceCodeFinishChallenge = z
  .object({
    approved: ownField(z.boolean().optional()).meta({
      description: 'Whether the other device is signed in. Absent if it still waits for the answer.',
    }),
  })
  .meta({ id: 'OAuthDeviceCodeFinishChallenge', description: 'Says that the other device is signed in.' });

/** Response with which the visitor leaves the page of the approved device. */
export const deviceCodeFinishResponse = z.object({}).meta({
  id: 'OAuthDeviceCodeFinishChallengeResponseRequest',
  description: 'Ends the login of the other device.',
});
