import { z } from 'zod';

/** Challenge that shows recovery codes (docs/spec/mfa.md#static). */
export const authenticatorStaticChallenge = z
  .object({ codes: z.array(z.string()) })
  .meta({ id: 'AuthenticatorStaticChallenge', description: 'Shows recovery codes to store. Each is valid once.' });

/** Confirmation that the user has stored the codes. */
export const authenticatorStaticResponse = z.object({}).meta({
  id: 'AuthenticatorStaticChallengeResponseRequest',
  description: 'Confirms that the user has stored the codes.',
});
