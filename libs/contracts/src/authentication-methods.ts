import type { PlanContext } from './plan-context.js';

type AuthenticationFacts = Pick<PlanContext, 'auth_method' | 'auth_method_args'>;

/**
 * The value of `amr` for each kind of device (RFC 8176). WebAuthn proves possession of a key, and says not reliably
 * whether hardware keeps it. RFC 8176 has no value for a push message.
 */
const METHODS: Readonly<Record<string, string>> = {
  totpdevice: 'otp',
  staticdevice: 'otp',
  smsdevice: 'sms',
  webauthndevice: 'pop',
};

/**
 * Returns how the user of a plan has authenticated, as values of `amr` (RFC 8176): `pwd`, `otp`, `sms`, `pop`, and `mfa`
 * for a password together with a device. Says less rather than too much: a key without a password is `pop`, whether or
 * not it verified the user. Empty for other methods, such as a source or an app password.
 */
export function authenticationMethods({ auth_method, auth_method_args }: AuthenticationFacts): readonly string[] {
  const listed = auth_method_args?.['mfa_devices'];
  const devices = Array.isArray(listed) ? listed.map((device) => (device as { model_name?: unknown })?.model_name) : [];
  const byDevice = devices.flatMap((model) => METHODS[String(model)] ?? []);
  if (auth_method !== 'password') return [...new Set(byDevice)];
  return [...new Set(['pwd', ...byDevice, ...(devices.length > 0 ? ['mfa'] : [])])];
}
