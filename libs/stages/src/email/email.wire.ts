import { z } from 'zod';

/** Waiting for somebody to open the link that was mailed (02-stages §13.2). */
export const emailChallenge = z
  .object({})
  .meta({ id: 'EmailChallenge', description: 'A mail was sent; the link in it goes on.' });

/** Asks for another mail. */
export const emailResponse = z
  .object({})
  .meta({ id: 'EmailChallengeResponseRequest', description: 'Asks for another mail.' });
