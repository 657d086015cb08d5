import { boolean, optionalNullable } from '@gatehouse/contracts';
import { z } from 'zod';

/** How far a pairing is, in Duo's words. */
const duoStatus = z.enum(['success', 'waiting', 'invalid']);

/** Pairing a phone with Duo (docs/spec/mfa.md#duo-setup). */
export const authenticatorDuoChallenge = z
  .object({
    activation_barcode: z.string(),
    activation_code: z.string(),
    stage_uuid: z.string(),
    duo_response: duoStatus.optional().meta({ unpublished: true }),
  })
  .meta({ id: 'AuthenticatorDuoChallenge', description: 'Pairs the Duo app by a picture to scan or a link to open.' });

/** Says that the app has been paired, and Duo is asked whether it has; or only asks how far the pairing is. */
export const authenticatorDuoResponse = z
  .object({ poll: optionalNullable(boolean(), { optional: true }).meta({ unpublished: true }) })
  .meta({ id: 'AuthenticatorDuoChallengeResponseRequest', description: 'The app has been paired.' });
