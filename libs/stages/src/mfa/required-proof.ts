import type { Device } from '@gatehouse/authenticators';
import { type Insert, type PlanContext, provedDevices, type SavedUser, type StageRequest } from '@gatehouse/contracts';

/** The step that asks for a proof by a device of any class, and denies a user without a device. */
export const REQUIRE_PROOF_STEP: Insert = {
  where: 'before',
  steps: [{ kind: 'authenticator_validate', config: { not_configured_action: 'deny' } }],
};

/** Contract members that all setup stages share, such as the permission to insert the step that asks for a proof. */
export const SETUP_CONTRACT_DEFAULTS = {
  reads: { pending_user: 'optional', auth_method_args: 'optional', enrolled_devices: 'optional' },
  writes: ['enrolled_devices'],
  inserts: ['authenticator_validate'],
  forecast: () => ({ inserts: [REQUIRE_PROOF_STEP] }),
  changes_credentials: () => true,
  effects: ['event'],
} as const;

interface ProofInput {
  readonly context: Pick<PlanContext, 'auth_method_args' | 'enrolled_devices'>;
  readonly session: StageRequest['session'];
}

/**
 * Returns whether the user must first prove possession of a device. True if the user has a usable device, and proved
 * none of the user's devices in this plan or recently in the session. Setting up a device counts as its proof
 * (docs/security.md#accident-25).
 */
export function needsProof({ context, session }: ProofInput, { uuid }: SavedUser, devices: readonly Device[]): boolean {
  if (!devices.some(isUsableForProof)) return false;
  const isOwn = session.user?.kind === 'saved' && session.user.uuid === uuid;
  // A gateway of the previous version does not send `proved_devices`, so `proved` alone is accepted.
  if (isOwn && session.proved && session.proved_devices === undefined) return false;
  const proved = new Set([...provedDevices(context), ...(isOwn ? (session.proved_devices ?? []) : [])]);
  return !devices.some(({ pk }) => proved.has(pk));
}

/** Returns whether a device can give a proof. A phone whose number is stored only as a digest cannot get a code. */
export const isUsableForProof = ({ facts }: Device) => facts['verified_only'] !== true;
