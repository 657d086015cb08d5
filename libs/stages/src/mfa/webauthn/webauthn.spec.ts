import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { algorithms, SoftwareAuthenticator } from '../../../testing/software-authenticator.js';
import { verifyAssertion } from './assertion.js';
import { NoAuthenticatorModels } from './attestation.js';
import { ALGORITHMS, type CreationRules, creationOptions } from './creation-options.js';
import { assertionResponse } from './credential-response.js';
import { verifyRegistration } from './registration.js';
import type { RelyingParty } from './relying-party.js';
import { requestOptions } from './request-options.js';

interface RecordedCeremonies {
  readonly common: { rp_id: string; origin: string };
  readonly registration: {
    name: string;
    challenge: string;
    credential: object;
    expected: { credential_id: string; credential_public_key_cose: string; sign_count: number; aaguid: string };
  }[];
  readonly authentication: {
    name: string;
    challenge: string;
    credential: object;
    device: { credential_id: string; public_key_cose: string; sign_count: number };
    expected: { new_sign_count: number };
    negative: { device_sign_count: number }[];
  }[];
  readonly request_options_expected: {
    device_credential_id_bytes_ascii: string;
    allowCredentials_id: string;
    rpId: string;
    timeout: number;
    userVerification: string;
  }[];
}
const recorded = JSON.parse(
  readFileSync(new URL('recorded-ceremonies.json', import.meta.url), 'utf8'),
) as RecordedCeremonies;

const RELATED = 'https://shop.example.net';
const party: RelyingParty = { id: 'id.example.org', name: 'Example', origins: ['https://id.example.org', RELATED] };
const challenge = randomBytes(64).toString('base64url');
const ceremony = { challenge, origin: party.origins[0], rpId: party.id };
const rules: CreationRules = {
  user_verification: 'preferred',
  resident_key_requirement: 'preferred',
  authenticator_attachment: null,
  hints: [],
  suggestedAttachment: null,
  requestAttestation: false,
  conditional: false,
};
const register = (body: unknown, changed: Partial<CreationRules> = {}) =>
  verifyRegistration(body, {
    party,
    challenge,
    rules: { ...rules, ...changed },
    models: new NoAuthenticatorModels(),
  });
const assert = (
  body: unknown,
  key: SoftwareAuthenticator,
  requirements: { signCount?: number; requireUserVerification?: boolean } = {},
) =>
  verifyAssertion(assertionResponse.parse(body), {
    ...{ party, challenge, requireUserVerification: requirements.requireUserVerification ?? false },
    credential: { credentialId: key.id, publicKey: key.publicKey, signCount: requirements.signCount ?? 0 },
  });

const SYNCHRONISED = { backupEligible: true, backedUp: true };
const BOUND = { backupEligible: false, backedUp: false };

describe('recorded ceremonies', () => {
  const local = { id: recorded.common.rp_id, name: 'Example', origins: [recorded.common.origin] } as const;

  it.each(recorded.registration)('verify a registration: $name', async ({ name, credential, challenge, expected }) => {
    const result = await verifyRegistration(credential, {
      party: local,
      challenge,
      rules,
      models: new NoAuthenticatorModels(),
    });
    expect(result).toEqual({
      credential: {
        credentialId: expected.credential_id,
        publicKey: expected.credential_public_key_cose,
        signCount: expected.sign_count,
        aaguid: expected.aaguid,
        proven: false,
        ...(name.startsWith('icloud') ? SYNCHRONISED : BOUND),
      },
    });
  });

  it.each(recorded.authentication)(
    'verify an assertion, but not if the stored counter is not lower: $name',
    async (recording) => {
      const { credential, challenge, device, expected, negative } = recording;
      const verifyWith = (signCount: number) =>
        verifyAssertion(assertionResponse.parse(credential), {
          ...{ party: local, challenge, requireUserVerification: true },
          credential: { credentialId: device.credential_id, publicKey: device.public_key_cose, signCount },
        });
      expect(await verifyWith(device.sign_count)).toMatchObject({
        signCount: expected.new_sign_count,
        userVerified: true,
      });
      for (const { device_sign_count } of negative) expect(await verifyWith(device_sign_count)).toBeUndefined();
      const { type, ...untyped } = assertionResponse.parse(credential);
      expect(assertionResponse.parse(untyped)).toEqual({ ...untyped, type });
      expect(assertionResponse.safeParse({ ...untyped, type: 'password' }).success).toBe(false);
    },
  );

  it.each(recorded.request_options_expected)('have the same options of an assertion request', (expected) => {
    const allowed = [Buffer.from(expected.device_credential_id_bytes_ascii).toString('base64url')];
    const expectedParty = { ...party, id: expected.rpId };
    expect(
      requestOptions({ party: expectedParty, challenge, userVerification: 'preferred', hints: [], allowed }),
    ).toEqual({
      challenge,
      timeout: expected.timeout,
      rpId: expected.rpId,
      allowCredentials: [{ id: expected.allowCredentials_id, type: 'public-key' }],
      userVerification: expected.userVerification,
    });
  });
});

describe('creation options', () => {
  const owner = { handle: '18431e217abd61ee'.repeat(4), username: 'alice', name: '' };
  const options = (changed: Partial<CreationRules> = {}) =>
    creationOptions({ party, owner, challenge, rules: { ...rules, ...changed }, existing: ['AAAA'] });

  it('have the same members as in authentik, and request no attestation by default', () => {
    expect(options()).toEqual({
      rp: { name: 'Example', id: 'id.example.org' },
      user: { id: expect.stringMatching(/^[A-Za-z0-9]{86}$/), name: 'alice', displayName: 'alice' },
      challenge,
      pubKeyCredParams: [-7, -8, -36, -37, -38, -39, -257, -258, -259].map((alg) => ({ type: 'public-key', alg })),
      timeout: 60_000,
      excludeCredentials: [{ type: 'public-key', id: 'AAAA' }],
      authenticatorSelection: { residentKey: 'preferred', requireResidentKey: false, userVerification: 'preferred' },
      attestation: 'none',
    });
  });

  it('ask for no extension that the stage does not need, such as largeBlob or prf', () => {
    const request = { party, challenge, userVerification: 'required', hints: [], allowed: [] } as const;
    for (const made of [options(), requestOptions(request)]) expect(made).not.toHaveProperty('extensions');
    expect(options({ resident_key_requirement: 'required' }).extensions).toEqual({ credProps: true });
  });

  it('contain a user id that clients must decode twice', () => {
    const inner = Buffer.from(options().user.id, 'base64').toString('ascii');
    expect(inner).toBe(owner.handle);
    expect(Buffer.from(inner, 'base64')).toHaveLength(48);
  });

  it('contain the requirements of the stage', () => {
    const strict = options({
      ...{ user_verification: 'required', resident_key_requirement: 'required', requestAttestation: true },
      ...{ authenticator_attachment: 'platform', hints: ['client-device'] },
    });
    expect(strict).toMatchObject({
      authenticatorSelection: {
        ...{ authenticatorAttachment: 'platform', residentKey: 'required' },
        ...{ requireResidentKey: true, userVerification: 'required' },
      },
      ...{ attestation: 'direct', hints: ['client-device'], extensions: { credProps: true } },
    });
  });
});

describe('a new credential', () => {
  it('is accepted with each requested algorithm', async () => {
    for (const alg of ALGORITHMS) {
      const key = new SoftwareAuthenticator(undefined, String(alg));
      expect(await register(key.create(ceremony))).toMatchObject({
        credential: { credentialId: key.id, publicKey: key.publicKey },
      });
      expect(await assert(key.get(ceremony), key)).toMatchObject({ signCount: 1, userVerified: true });
    }
    expect(Object.keys(algorithms)).toHaveLength(ALGORITHMS.length + 1);
  });

  it('is accepted with padding, and with extensions in the newer member', async () => {
    const made = new SoftwareAuthenticator().create(ceremony);
    const { clientDataJSON, attestationObject } = made.response;
    const pad = (text: string) => text.padEnd(Math.ceil(text.length / 4) * 4, '=');
    const response = { clientDataJSON: pad(clientDataJSON), attestationObject: pad(attestationObject) };
    const clientExtensionResults = { credProps: { rk: true } };
    expect(
      await register({ ...made, response, clientExtensionResults }, { resident_key_requirement: 'required' }),
    ).toHaveProperty('credential');
  });

  const refusals: [string, (key: SoftwareAuthenticator) => unknown, Partial<CreationRules>, RegExp][] = [
    [
      'no user verification, where it is required',
      (key) => key.create(ceremony, { uv: false }),
      { user_verification: 'required' },
      /User verification is required/,
    ],
    ['no user presence', (key) => key.create(ceremony, { up: false }), {}, /User was not present/],
    [
      'another origin',
      (key) => key.create({ ...ceremony, origin: 'https://evil.example' }),
      {},
      /client data origin "https:\/\/evil.example"/,
    ],
    ['a frame of another site', (key) => key.create({ ...ceremony, crossOrigin: true }), {}, /frame/],
    ['another challenge', (key) => key.create({ ...ceremony, challenge: 'AAAA' }), {}, /challenge was not expected/],
    [
      'a proof instead of a registration',
      (key) => key.create({ ...ceremony, type: 'webauthn.get' }),
      {},
      /client data type/,
    ],
    ['another site', (key) => key.create({ ...ceremony, rpId: 'evil.example' }), {}, /RP ID hash/],
    ['an impossible backup', (key) => key.create(ceremony, { backup: 0x10 }), {}, /backed up/],
    ['another id', (key) => ({ ...key.create(ceremony), id: new SoftwareAuthenticator().id }), {}, /id and raw_id/],
    [
      'an id that differs from the authenticator’s',
      (key) => {
        const { id } = new SoftwareAuthenticator();
        return { ...key.create(ceremony), id, rawId: id };
      },
      {},
      /another credential id/,
    ],
    [
      'an authenticator with another attachment',
      (key) => ({ ...key.create(ceremony), authenticatorAttachment: 'cross-platform' }),
      { authenticator_attachment: 'platform' },
      /attached/,
    ],
    [
      'a credential that is not discoverable, where that is required',
      (key) => ({ ...key.create(ceremony), registrationClientExtensions: '{"credProps":{"rk":false}}' }),
      { resident_key_requirement: 'required' },
      /discoverable/,
    ],
    [
      'an algorithm that was not requested',
      () => new SoftwareAuthenticator(undefined, '-35').create(ceremony),
      {},
      /Unsupported credential public key alg "-35"/,
    ],
  ];
  it.each(refusals)(
    'is refused by the server, even if the browser has accepted it (accident 28): %s',
    async (...[, create, changed, reason]) => {
      expect(await register(create(new SoftwareAuthenticator()), changed)).toEqual({
        refused: expect.stringMatching(reason),
      });
    },
  );

  it('is refused with a reason if it is malformed', async () => {
    const good = new SoftwareAuthenticator().create(ceremony);
    const posts = [
      {},
      [],
      null,
      'text',
      { ...good, id: undefined },
      { ...good, type: 'password' },
      { ...good, response: {} },
      { ...good, response: { ...good.response, attestationObject: 'AAAA' } },
      { ...good, response: { ...good.response, attestationObject: '?' } },
      { ...good, response: { ...good.response, attestationObject: 'A'.repeat(100_001) } },
      { ...good, response: { ...good.response, clientDataJSON: 'e30' } },
      { ...good, response: { ...good.response, attestationObject: Buffer.alloc(60_000, 0x81).toString('base64url') } },
    ];
    for (const post of posts) expect(await register(post)).toEqual({ refused: expect.stringMatching(/./) });
  });
});

/** Origins that are similar to RELATED, as browsers or attackers may send them. */
const UNRELATED = [
  ...['http://shop.example.net', 'https://evil.shop.example.net', 'https://shop.example.net:444'],
  ...['https://shop.example.net/', 'https://shop.example.net.', 'HTTPS://SHOP.EXAMPLE.NET', 'null', ''],
];

it('only pages of a related origin can create passkeys and log in with them', async () => {
  const key = new SoftwareAuthenticator();
  const related = { ...ceremony, origin: RELATED };
  const [asked, silent] = [key.create(related), key.create(related, { up: false })];
  expect(await register(asked)).toHaveProperty('credential');
  expect(await register(silent, { conditional: true })).toHaveProperty('credential');
  expect(await assert(key.get(related), key)).toMatchObject({ userVerified: true });
  for (const origin of UNRELATED) {
    expect(await register(key.create({ ...ceremony, origin }))).toHaveProperty('refused');
    expect(await assert(key.get({ ...ceremony, origin }), key)).toBeUndefined();
  }
});

describe('an assertion', () => {
  const key = new SoftwareAuthenticator();

  it('is valid for its own challenge, site and origin, with the required user verification', async () => {
    expect(await assert(key.get(ceremony), key, { requireUserVerification: true })).toBeDefined();
    for (const other of [
      { challenge: 'AAAA' },
      { origin: 'https://evil.example' },
      { rpId: 'evil.example' },
      { type: 'webauthn.create' },
      { crossOrigin: true },
    ])
      expect(await assert(key.get({ ...ceremony, ...other }), key)).toBeUndefined();
    expect(await assert(key.get(ceremony, { up: false }), key)).toBeUndefined();
    expect(await assert(key.get(ceremony, { uv: false }), key, { requireUserVerification: true })).toBeUndefined();
    expect(await assert(key.get(ceremony, { uv: false }), key)).toMatchObject({ userVerified: false });
  });

  it('is invalid for another key, and after tampering', async () => {
    const proof = key.get(ceremony);
    expect(await assert(proof, new SoftwareAuthenticator())).toBeUndefined();
    const other = new SoftwareAuthenticator().get(ceremony);
    expect(
      await assert({ ...proof, response: { ...proof.response, signature: other.response.signature } }, key),
    ).toBeUndefined();
    const { authenticatorData } = key.get(ceremony).response;
    expect(await assert({ ...proof, response: { ...proof.response, authenticatorData } }, key)).toBeUndefined();
  });

  it('needs a higher signature counter than before, unless the authenticator has no counter', async () => {
    expect(await assert(key.get(ceremony, { count: 5 }), key, { signCount: 5 })).toBeUndefined();
    expect(await assert(key.get(ceremony, { count: 0 }), key, { signCount: 5 })).toBeUndefined();
    expect(await assert(key.get(ceremony, { count: 6 }), key, { signCount: 5 })).toMatchObject({ signCount: 6 });
    expect(await assert(key.get(ceremony, { count: 0 }), key, { signCount: 0 })).toMatchObject({ signCount: 0 });
  });
});
