import { char, digits, optionalNullable, secret } from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Challenge that asks for a phone number, then for the code that was sent to the number (docs/spec/mfa.md#sms-setup).
 */
export const authenticatorSmsChallenge = z
  .object({ phone_number_required: z.boolean().default(true) })
  .meta({ id: 'AuthenticatorSMSChallenge', description: 'Asks for a phone number, then for the code sent to it.' });

/** Response with the phone number or, after a message was sent, with its code. */
export const authenticatorSmsResponse = z
  .object({
    code: secret(optionalNullable(digits(), { optional: true })),
    phone_number: optionalNullable(char(), { optional: true }),
  })
  .meta({ id: 'AuthenticatorSMSChallengeResponseRequest', description: 'A phone number, or the code sent to it.' });
