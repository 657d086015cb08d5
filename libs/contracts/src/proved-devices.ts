import type { PlanContext } from './plan-context.js';

type DeviceFacts = Pick<PlanContext, 'auth_method_args' | 'enrolled_devices'>;

/** Returns the `pk` of each device that a stage of the plan has verified (docs/spec/mfa.md#mfa-context). */
export function verifiedDevices({ auth_method_args }: DeviceFacts): number[] {
  const devices = auth_method_args?.['mfa_devices'];
  if (!Array.isArray(devices)) return [];
  return devices.map((device) => (device as { pk?: unknown } | null)?.pk).filter((pk) => typeof pk === 'number');
}

/**
 * Returns the `pk` of each device that this plan has proved, that is, each device that was verified or set up in this
 * plan.
 */
export const provedDevices = (context: DeviceFacts): number[] => [
  ...verifiedDevices(context),
  ...(context.enrolled_devices ?? []),
];
