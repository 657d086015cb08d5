import { jsonObject } from '@gatehouse/contracts';
import { z } from 'zod';

/** Challenge that starts a registration (docs/spec/mfa.md#webauthn-options). */
export const authenticatorWebauthnChallenge = z.object({ registration: z.record(z.string(), z.unknown()) }).meta({
  id: 'AuthenticatorWebAuthnChallenge',
  description: 'Registers a passkey or a security key: the options of `navigator.credentials.create`, as JSON.',
});

/** The credential that the browser created (docs/spec/mfa.md#webauthn-registration). */
export const authenticatorWebauthnResponse = z
  .object({ response: jsonObject() })
  .meta({ id: 'AuthenticatorWebAuthnChallengeResponseRequest', description: 'The new credential, as JSON.' });
