import { jsonObject, ownField } from '@gatehouse/contracts';
import { z } from 'zod';

/** Challenge that starts a registration (docs/spec/mfa.md#webauthn-options). */
export const authenticatorWebauthnChallenge = z
  .object({
    registration: z.record(z.string(), z.unknown()),
    mediation: ownField(z.literal('conditional').optional()),
  })
  .meta({
    id: 'AuthenticatorWebAuthnChallenge',
    description: 'Registers a passkey or a security key: the options of `navigator.credentials.create`, as JSON.',
  });

/** The credential, or nothing. A form without JavaScript sends an empty text, which counts as an empty object. */
const credential = z.preprocess((value) => (value === '' ? {} : value), jsonObject());

/** The credential that the browser created (docs/spec/mfa.md#webauthn-registration). */
export const authenticatorWebauthnResponse = z
  .object({ response: credential })
  .meta({ id: 'AuthenticatorWebAuthnChallengeResponseRequest', description: 'The new credential, as JSON.' });
