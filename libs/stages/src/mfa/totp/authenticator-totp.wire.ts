import { digits, secret } from '@gatehouse/contracts';
import { z } from 'zod';

/** Challenge that shows the key of a new TOTP device (docs/spec/mfa.md#totp-setup). */
export const authenticatorTotpChallenge = z.object({ config_url: z.string() }).meta({
  id: 'AuthenticatorTOTPChallenge',
  description: 'Shows an `otpauth:` URI for an authenticator app to scan.',
});

/** Response with a code of the new TOTP device (docs/spec/mfa.md#totp-setup). */
export const authenticatorTotpResponse = z
  .object({ code: secret(digits()) })
  .meta({ id: 'AuthenticatorTOTPChallengeResponseRequest', description: 'The current code of the authenticator app.' });
