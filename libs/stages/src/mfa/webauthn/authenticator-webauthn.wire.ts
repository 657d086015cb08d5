import { jsonObject } from '@gatehouse/contracts';
import { z } from 'zod';

/** Registering a passkey or a security key (03-mfa §9.4). */
export const authenticatorWebauthnChallenge = z.object({ registration: z.record(z.string(), z.unknown()) }).meta({
  id: 'AuthenticatorWebAuthnChallenge',
  description: 'Registers a passkey or a security key: the options of `navigator.credentials.create`, as JSON.',
});

/** What the browser made of the options (03-mfa §9.5). */
export const authenticatorWebauthnResponse = z
  .object({ response: jsonObject() })
  .meta({ id: 'AuthenticatorWebAuthnChallengeResponseRequest', description: 'The new credential, as JSON.' });
