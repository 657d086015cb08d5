import type { Device } from '@gatehouse/authenticators';
import type { Insert, PlanContext, SavedUser, StageRequest } from '@gatehouse/contracts';

interface ProofInput {
  readonly context: Pick<PlanContext, 'auth_method_args' | 'enrolled_devices'>;
  readonly session: StageRequest['session'];
}

/** The step that asks for a proof by a device, of any kind. Nobody gets past it without one. */
export const REQUIRE_PROOF_STEP: Insert = {
  where: 'before',
  steps: [{ kind: 'authenticator_validate', config: { not_configured_action: 'deny' } }],
};

/**
 * Whether somebody has a device and has proved none: neither when they logged in, if that was not long ago, nor in this plan.
 * One that was set up in this plan is proved by that (docs/security.md#accident-25).
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

/** A phone whose number is only known by a digest was verified once, and cannot be asked again. */
export const isUsableForProof = ({ facts }: Device) => facts['verified_only'] !== true;

/** Numbers of the devices that convinced a stage on the way (docs/spec/mfa.md#mfa-context). */
function provedDevicePks({ auth_method_args }: ProofInput['context']): unknown[] {
  const named = auth_method_args?.['mfa_devices'];
  return Array.isArray(named) ? named.map((device) => (device as { pk?: unknown } | null)?.pk) : [];
}
