import { char, optionalNullable, secret, unpublished } from '@gatehouse/contracts';
import { z } from 'zod';

/** Characters of a code as people type it, gaps included. */
const MAX_CODE = 32;

/** Waiting for somebody to open the link that was mailed, or to type its code (docs/spec/stages.md#email-challenge). */
export const emailChallenge = z
  .object({
    /** Whoever sees this has followed the link, and is to say so. */
    confirm: unpublished(z.literal(true).optional()),
  })
  .meta({ id: 'EmailChallenge', description: 'A mail was sent; the link in it goes on.' });

/** The code of the mail; without one, asks for another mail. */
export const emailResponse = z
  .object({
    code: unpublished(
      secret(optionalNullable(char({ allowBlank: true, maxLength: MAX_CODE }), { optional: true, nullable: true })),
    ),
  })
  .meta({ id: 'EmailChallengeResponseRequest', description: 'Asks for another mail.' });
