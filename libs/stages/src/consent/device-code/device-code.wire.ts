import { digits, secret } from '@gatehouse/contracts';
import { z } from 'zod';

/** Asking for the code that another device shows (docs/spec/device-codes.md#entering). */
export const deviceCodeChallenge = z
  .object({})
  .meta({ id: 'OAuthDeviceCodeChallenge', description: 'Asks for the code that another device shows.' });

/** The code that the other device shows. */
export const deviceCodeResponse = z
  .object({ code: secret(digits()) })
  .meta({ id: 'OAuthDeviceCodeChallengeResponseRequest', description: 'The code that the other device shows.' });

/** The end of a device's login: whoever answers lets the device in. */
export const deviceCodeFinishChallenge = z
  .object({})
  .meta({ id: 'OAuthDeviceCodeFinishChallenge', description: 'Asks whether the other device may sign in.' });

/** Lets the device in. */
export const deviceCodeFinishResponse = z
  .object({})
  .meta({ id: 'OAuthDeviceCodeFinishChallengeResponseRequest', description: 'The other device may sign in.' });
