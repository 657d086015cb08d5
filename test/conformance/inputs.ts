import { generateSync, ScureBase32Plugin } from 'otplib';
import { SoftwareAuthenticator } from '../../libs/stages/testing/software-authenticator.js';
import { type Captured, capturedValue, filledIn } from './matchers.js';

type Input = Readonly<Record<string, unknown>>;

/** The parts of the options of a WebAuthn ceremony that an authenticator needs. */
interface CeremonyOptions {
  readonly challenge: string;
  readonly rp?: { readonly id: string };
  readonly rpId?: string;
}

const base32 = new ScureBase32Plugin();

/** Fills captured values into a value of a case. Computes codes and WebAuthn answers. `base` is the gateway's URL. */
export function computed(value: unknown, captured: Captured, base: string): unknown {
  if (typeof value === 'string') return filledIn(value, captured);
  if (Array.isArray(value)) return value.map((item) => computed(item, captured, base));
  if (typeof value !== 'object' || value === null) return value;
  const input = value as Input;
  if (typeof input['totp'] === 'string') return codeOf(input, captured);
  if (typeof input['webauthn_create'] === 'string') return newCredential(input, captured, base);
  if (typeof input['webauthn_get'] === 'string') return assertion(input, captured, base);
  if (typeof input['from'] === 'string') return asType(capturedValue(captured, input['from']), input['as']);
  return Object.fromEntries(Object.entries(input).map(([name, part]) => [name, computed(part, captured, base)]));
}

function codeOf({ totp, as }: Input, captured: Captured) {
  const value = String(capturedValue(captured, String(totp)));
  const secret = value.startsWith('otpauth:') ? (new URL(value).searchParams.get('secret') ?? '') : value;
  return asType(generateSync({ secret, base32 }), as);
}

function newCredential({ webauthn_create: name, key, uv }: Input, captured: Captured, base: string) {
  const authenticator = new SoftwareAuthenticator();
  captured[String(key)] = authenticator;
  return authenticator.create(ceremony(name, captured, base), { uv: uv !== false });
}

function assertion({ webauthn_get: name, key, uv }: Input, captured: Captured, base: string) {
  const authenticator = capturedValue(captured, String(key)) as SoftwareAuthenticator;
  return authenticator.get(ceremony(name, captured, base), { uv: uv !== false });
}

function ceremony(name: unknown, captured: Captured, base: string) {
  const { challenge, rp, rpId } = capturedValue(captured, String(name)) as CeremonyOptions;
  return { challenge, origin: new URL(base).origin, rpId: rp?.id ?? rpId ?? '' };
}

function asType(value: unknown, type: unknown): unknown {
  if (type === 'int') return Number(value);
  return type === 'string' ? String(value) : value;
}
