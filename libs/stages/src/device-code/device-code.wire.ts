import { digits, secret } from '@gatehouse/contracts';
import { z } from 'zod';

/** Asking for the code that another device shows (02-stages §17). */
export const deviceCodeChallenge = z
  .object({})
  .meta({ id: 'OAuthDeviceCodeChallenge', description: 'Asks for the code that another device shows.' });

/** The code that the other device shows. */
export const deviceCodeResponse = z
  .object({ code: secret(digits()) })
  .meta({ id: 'OAuthDeviceCodeChallengeResponseRequest', description: 'The code that the other device shows.' });

/** The end of a device's login: from here the device goes on by itself. */
export const deviceCodeFinishChallenge = z
  .object({})
  .meta({ id: 'OAuthDeviceCodeFinishChallenge', description: 'The other device is signed in.' });

/** Says that the end was seen; nothing follows. */
export const deviceCodeFinishResponse = z
  .object({})
  .meta({ id: 'OAuthDeviceCodeFinishChallengeResponseRequest', description: 'The end was seen.' });
