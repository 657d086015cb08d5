import type { PlanContext } from './plan-context.js';

type AuthenticationFacts = Pick<PlanContext, 'auth_method' | 'auth_method_args'>;

/** The method for a password, and the method for a device for which RFC 8176 has no value, such as a push message. */
const [PASSWORD, OTHER_DEVICE] = ['pwd', 'device'] as const;
/**
 * The method of a mailed code. It is not a second factor beside the password, because the same mailbox can replace the
 * password. RFC 8176 has no value for it.
 */
const MAILED_CODE = 'email';

/**
 * The value of `amr` for each kind of device (RFC 8176). WebAuthn proves possession of a key, but does not say reliably
 * whether hardware protects the key. RFC 8176 has no value for a push message.
 */
const METHODS: Readonly<Record<string, string>> = {
  totpdevice: 'otp',
  staticdevice: 'otp',
  smsdevice: 'sms',
  webauthndevice: 'pop',
  emaildevice: MAILED_CODE,
};

/** The value of `amr` for a password together with a device. */
const BOTH = 'mfa';
const SECOND_FACTORS: ReadonlySet<string> = new Set(
  [...Object.values(METHODS), OTHER_DEVICE].filter((method) => method !== MAILED_CODE),
);
/** Methods that `amrOf` does not copy from its input: it adds `pwd` and `mfa` itself, and leaves out the others. */
const UNNAMED: readonly string[] = [PASSWORD, OTHER_DEVICE, MAILED_CODE, BOTH];

/**
 * Returns the methods by which the user of a plan has authenticated: `pwd`, `otp`, `sms`, `pop`, `email` for a mailed
 * code, and `device` for any other device. If a method is uncertain, returns the weaker one: a key without a password
 * is `pop`, whether or not it verified the user. Empty for other methods, such as a source or an app password.
 */
export function provedMethods({ auth_method, auth_method_args }: AuthenticationFacts): readonly string[] {
  const listed = auth_method_args?.['mfa_devices'];
  const devices = Array.isArray(listed) ? listed.map((device) => (device as { model_name?: unknown })?.model_name) : [];
  const byDevice = devices.map((model) => METHODS[String(model)] ?? OTHER_DEVICE);
  return [...new Set([...(auth_method === 'password' ? [PASSWORD] : []), ...byDevice])];
}

/**
 * Returns the claim `amr` (RFC 8176) of proved methods. It has `mfa` for a password together with a device other than a
 * mailed code.
 */
export function amrOf(methods: Iterable<string>): readonly string[] {
  const all = new Set(methods);
  const hasBoth = all.has(PASSWORD) && [...all].some((method) => SECOND_FACTORS.has(method));
  const others = [...all].filter((method) => !UNNAMED.includes(method));
  return [...(all.has(PASSWORD) ? [PASSWORD] : []), ...others, ...(hasBoth || all.has(BOTH) ? [BOTH] : [])];
}
