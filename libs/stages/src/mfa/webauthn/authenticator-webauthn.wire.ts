import { jsonObject } from '@gatehouse/contracts';
import { z } from 'zod';

/** Registering a passkey or a security key (docs/spec/mfa.md#webauthn-options). */
export const authenticatorWebauthnChallenge = z.object({ registration: z.record(z.string(), z.unknown()) }).meta({
  id: 'AuthenticatorWebAuthnChallenge',
  description: 'Registers a passkey or a security key: the options of `navigator.credentials.create`, as JSON.',
});

/** What the browser made of the options (docs/spec/mfa.md#webauthn-registration). */
export const authenticatorWebauthnResponse = z
  .object({ response: jsonObject() })
  .meta({ id: 'AuthenticatorWebAuthnChallengeResponseRequest', description: 'The new credential, as JSON.' });
