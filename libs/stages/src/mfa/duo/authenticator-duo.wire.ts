import { boolean, optionalNullable, ownField } from '@gatehouse/contracts';
import { z } from 'zod';

/** Duo's status of a pairing. */
const duoStatus = z.enum(['success', 'waiting', 'invalid']);

/** Challenge that shows a pairing (docs/spec/mfa.md#duo-setup). */
export const authenticatorDuoChallenge = z
  .object({
    activation_barcode: z.string(),
    activation_code: z.string(),
    stage_uuid: z.string(),
    duo_response: ownField(duoStatus.optional()),
  })
  .meta({ id: 'AuthenticatorDuoChallenge', description: 'Pairs the Duo app, by a QR code or a link.' });

/**
 * The response with which the page reports that the user has paired the phone. The stage then asks Duo whether this is
 * true. With `poll`, the response only asks for the status.
 */
export const authenticatorDuoResponse = z
  .object({ poll: ownField(optionalNullable(boolean(), { optional: true })) })
  .meta({ id: 'AuthenticatorDuoChallengeResponseRequest', description: 'Confirms that the app has been paired.' });
