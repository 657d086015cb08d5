import type { Device } from '@gatehouse/authenticators';
import type { Insert, PlanContext, SavedUser, StageRequest } from '@gatehouse/contracts';

/** Contract members that all setup stages share, such as the permission to insert the step that asks for a proof. */
export const SETUP_CONTRACT_DEFAULTS = {
  reads: { pending_user: 'optional', auth_method_args: 'optional', enrolled_devices: 'optional' },
  writes: ['enrolled_devices'],
  inserts: ['authenticator_validate'],
  changes_credentials: () => true,
  effects: ['event'],
} as const;

interface ProofInput {
  readonly context: Pick<PlanContext, 'auth_method_args' | 'enrolled_devices'>;
  readonly session: StageRequest['session'];
}

/** The step that asks for a proof by a device of any class, and denies a user without a device. */
export const REQUIRE_PROOF_STEP: Insert = {
  where: 'before',
  steps: [{ kind: 'authenticator_validate', config: { not_configured_action: 'deny' } }],
};

/**
 * Returns whether the user must prove a device: the user has a usable device, but has proved none at a recent login of
 * the session or in this plan. A device that was set up in this plan counts as proved (docs/security.md#accident-25).
 */
export function needsProof({ context, session }: ProofInput, { uuid }: SavedUser, devices: readonly Device[]): boolean {
  if (
    !devices.some(isUsableForProof) ||
    (session.proved && session.user?.kind === 'saved' && session.user.uuid === uuid)
  )
    return false;
  const proved = new Set([...provedDevicePks(context), ...(context.enrolled_devices ?? [])]);
  return !devices.some(({ pk }) => proved.has(pk));
}

/** Returns whether a device can give a proof. A phone whose number is stored only as a digest cannot get a code. */
export const isUsableForProof = ({ facts }: Device) => facts['verified_only'] !== true;

/** Returns the `pk` of each device that a stage of this plan has verified (docs/spec/mfa.md#mfa-context). */
function provedDevicePks({ auth_method_args }: ProofInput['context']): unknown[] {
  const devices = auth_method_args?.['mfa_devices'];
  return Array.isArray(devices) ? devices.map((device) => (device as { pk?: unknown } | null)?.pk) : [];
}
