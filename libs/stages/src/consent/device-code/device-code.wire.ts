import { digits, secret } from '@gatehouse/contracts';
import { z } from 'zod';

/** Challenge that asks for the code of another device (docs/spec/device-codes.md#entering). */
export const deviceCodeChallenge = z
  .object({})
  .meta({ id: 'OAuthDeviceCodeChallenge', description: 'Asks for the code that another device shows.' });

/** Response with the code of the other device. */
export const deviceCodeResponse = z
  .object({ code: secret(digits()) })
  .meta({ id: 'OAuthDeviceCodeChallengeResponseRequest', description: 'The code that the other device shows.' });

/** Challenge that asks for approval of the device. */
export const deviceCodeFinishChallenge = z
  .object({})
  .meta({ id: 'OAuthDeviceCodeFinishChallenge', description: 'Asks whether the other device may sign in.' });

/** Response that approves the device. */
export const deviceCodeFinishResponse = z.object({}).meta({
  id: 'OAuthDeviceCodeFinishChallengeResponseRequest',
  description: 'Approves the login of the other device.',
});
