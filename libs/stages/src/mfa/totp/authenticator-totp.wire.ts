import { digits, secret } from '@gatehouse/contracts';
import { z } from 'zod';

/** Setting up an app that shows codes by the clock (docs/spec/mfa.md#totp-setup). */
export const authenticatorTotpChallenge = z.object({ config_url: z.string() }).meta({
  id: 'AuthenticatorTOTPChallenge',
  description: 'Shows the otpauth address that an authenticator app scans.',
});

/** A code of the app that was just set up (docs/spec/mfa.md#totp-setup). */
export const authenticatorTotpResponse = z
  .object({ code: secret(digits()) })
  .meta({ id: 'AuthenticatorTOTPChallengeResponseRequest', description: 'A code of the app that was just set up.' });
