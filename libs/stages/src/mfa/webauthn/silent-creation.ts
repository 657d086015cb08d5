import type { Device } from '@gatehouse/authenticators';
import type { PlanContext, SavedUser, StageRequest } from '@gatehouse/contracts';
import { needsProof } from '../required-proof.js';

/** Number of passkeys of a user from which on no further passkey is created without asking. */
export const MAX_SILENT_PASSKEYS = 10;

interface SilentCreationInput {
  readonly context: Pick<PlanContext, 'auth_method' | 'auth_method_args' | 'enrolled_devices' | 'verified_user'>;
  readonly client: StageRequest['client'];
  readonly session: StageRequest['session'];
}

/**
 * Returns whether the browser may create a passkey for the user without asking. It may do so only directly after this
 * user has entered the password, never for an outpost, and never where another setup stage would first ask for a proof
 * by a device (docs/spec/mfa.md#webauthn-conditional).
 */
export function mayCreateSilently(
  input: SilentCreationInput,
  owner: SavedUser | undefined,
  devices: readonly Device[],
): owner is SavedUser {
  const { context, client } = input;
  if (!owner || client.outpost || context.auth_method !== 'password' || context.verified_user !== owner.uuid)
    return false;
  const passkeys = devices.filter(({ kind }) => kind === 'webauthn').length;
  return passkeys < MAX_SILENT_PASSKEYS && !needsProof(input, owner, devices);
}
