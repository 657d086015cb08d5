import { char, optionalNullable, ownField, secret } from '@gatehouse/contracts';
import { z } from 'zod';

/** Largest length of a typed code, in characters, including spaces. */
const MAX_CODE = 32;

/** Challenge that waits for the mailed link or code (docs/spec/stages.md#email-challenge). */
export const emailChallenge = z
  .object({})
  .meta({ id: 'EmailChallenge', description: 'A mail was sent. Its link continues the flow.' });

/** Response with the mailed code. A response without a code asks for another mail. */
export const emailResponse = z
  .object({
    code: ownField(
      secret(optionalNullable(char({ allowBlank: true, maxLength: MAX_CODE }), { optional: true, nullable: true })),
    ),
  })
  .meta({ id: 'EmailChallengeResponseRequest', description: 'Requests another mail.' });
