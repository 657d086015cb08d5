import { z } from 'zod';

/** Handing out recovery codes (03-mfa §6.4). */
export const authenticatorStaticChallenge = z
  .object({ codes: z.array(z.string()) })
  .meta({ id: 'AuthenticatorStaticChallenge', description: 'Shows recovery codes to keep, each good for one login.' });

/** Says that the codes have been kept. */
export const authenticatorStaticResponse = z
  .object({})
  .meta({ id: 'AuthenticatorStaticChallengeResponseRequest', description: 'The codes have been kept.' });
