import { char, optionalNullable, secret } from '@gatehouse/contracts';
import { z } from 'zod';

/** Challenge that asks for an address, then for the code that was mailed to it (docs/spec/mfa.md#email-setup). */
export const authenticatorEmailChallenge = z
  .object({ email: z.string().nullable().default(null), email_required: z.boolean().default(true) })
  .meta({
    id: 'AuthenticatorEmailChallenge',
    description: 'Asks for an email address, then for the code that was mailed to it. The address is masked.',
  });

const optional = { optional: true } as const;

/** Response with the address or, after a mail was sent, with its code. */
export const authenticatorEmailResponse = z
  .object({
    code: secret(optionalNullable(char(), optional)),
    email: optionalNullable(char(), optional),
  })
  .meta({
    id: 'AuthenticatorEmailChallengeResponseRequest',
    description: 'An email address, or the code that was mailed to it.',
  });
