import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signalConfig } from './signal.config.js';

const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
const SHORT_KEY = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
const VALID = {
  ...{ name: 'partner', issuer: 'https://partner.example', audience: 'https://login.example' },
  ...{ jwks_uri: 'https://partner.example/jwks', source: 'partner' },
};
const parse = (...list: readonly object[]) => signalConfig.safeParse({ SIGNAL_TRANSMITTERS: JSON.stringify(list) });

describe('the setting SIGNAL_TRANSMITTERS', () => {
  it('lets a transmitter send all events, deactivate nobody and report about no domains by default', () => {
    const [transmitter] = parse(VALID).data?.SIGNAL_TRANSMITTERS ?? [];
    expect(transmitter).toMatchObject({ may_deactivate: false, domains: [] });
    expect(transmitter?.events.has('session-revoked')).toBe(true);
    expect(signalConfig.parse({}).SIGNAL_TRANSMITTERS).toEqual([]);
  });

  it.each([
    ['with both keys and a jwks_uri', { jwks: { keys: [KEY] } }],
    ['without keys and jwks_uri', { jwks_uri: undefined }],
    ['with a private key', { jwks_uri: undefined, jwks: { keys: [{ ...KEY, d: 'd' }] } }],
    ['with a secret key', { jwks_uri: undefined, jwks: { keys: [{ kty: 'oct', k: 'k' }] } }],
    ['with a key that is no point of its curve', { jwks_uri: undefined, jwks: { keys: [KEY, { ...KEY, x: 'x' }] } }],
    ['with a key without its exponent', { jwks_uri: undefined, jwks: { keys: [{ kty: 'RSA', n: 'AQAB' }] } }],
    ['with a short RSA key', { jwks_uri: undefined, jwks: { keys: [SHORT_KEY] } }],
    ['without a source or domains, and so without users of its own', { source: undefined }],
    ['with a domain in upper case', { domains: ['Partner.example'] }],
    ['with an event that has no effect', { events: ['verification'] }],
    ['with a short token', { token: 'short' }],
    ['with an unknown member', { deactivates: true }],
    ['with a name that cannot be part of a URL', { name: 'a/b' }],
  ])('refuses a transmitter %s', (_, changes) => {
    expect(parse({ ...VALID, ...changes }).success).toBe(false);
  });

  it('accepts public keys of EC, RSA and Ed25519', () => {
    const others = [generateKeyPairSync('rsa', { modulusLength: 2048 }), generateKeyPairSync('ed25519')];
    const keys = [KEY, ...others.map(({ publicKey }) => publicKey.export({ format: 'jwk' }))];
    expect(parse({ ...VALID, jwks_uri: undefined, jwks: { keys } }).success).toBe(true);
  });

  it('refuses two transmitters with one name, more than 20 transmitters, and a text that is not JSON', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => ({ ...VALID, name: `t${i}` }));
    expect(parse(VALID, VALID).success).toBe(false);
    expect([parse(...many(20)).success, parse(...many(21)).success]).toEqual([true, false]);
    expect(signalConfig.safeParse({ SIGNAL_TRANSMITTERS: '[' }).success).toBe(false);
  });
});
