import { z } from 'zod';

/** Pairing a phone with Duo (03-mfa §8.3). */
export const authenticatorDuoChallenge = z
  .object({ activation_barcode: z.string(), activation_code: z.string(), stage_uuid: z.string() })
  .meta({ id: 'AuthenticatorDuoChallenge', description: 'Pairs the Duo app by a picture to scan or a link to open.' });

/** Says that the app has been paired; Duo is asked whether it has. */
export const authenticatorDuoResponse = z
  .object({})
  .meta({ id: 'AuthenticatorDuoChallengeResponseRequest', description: 'The app has been paired.' });
