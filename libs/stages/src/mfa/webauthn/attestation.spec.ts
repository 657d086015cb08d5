import { createHash, createPrivateKey, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createChain, type KeyPair } from '../../../../../test/support/certificate.js';
import { SoftwareAuthenticator } from '../../../testing/software-authenticator.js';
import { AuthenticatorModels, attestationCertificate, isTrusted, MAX_CERTIFICATE_BYTES } from './attestation.js';
import type { CreationRules } from './creation-options.js';
import { passkeyFacts } from './passkey.js';
import { verifyRegistration } from './registration.js';

const AAGUID = '2fc0579f-8113-47ea-b116-bb5a8db9202a';
const DEVICE = '/C=DE/O=Maker/OU=Authenticator Attestation/CN=Key';
const [root, maker, device] = createChain(['/CN=Root', true], ['/CN=Maker', true], [DEVICE, false]);
const [otherRoot, leaf, underLeaf] = createChain(['/CN=Root', true], ['/CN=Leaf', false], [DEVICE, false]);
const certificates = (...issued: (KeyPair | undefined)[]) => issued.map((entry) => new X509Certificate(entry!.cert));

afterEach(() => void vi.useRealTimers());

describe('a certificate chain', () => {
  it('is trusted if it ends at a root, or at a certificate that a root has issued', () => {
    expect(isTrusted(certificates(device, maker), certificates(root))).toBe(true);
    expect(isTrusted(certificates(device, maker, root), certificates(root))).toBe(true);
    expect(isTrusted(certificates(device), certificates(otherRoot, maker))).toBe(true);
  });

  it.each([
    ['ends at an unknown root', [device, maker], [otherRoot]],
    ['lacks an intermediate certificate', [device], [root]],
    ['has the intermediate certificate of another chain', [underLeaf, maker], [root]],
    ['was issued by a certificate that is not a CA', [underLeaf, leaf], [otherRoot]],
    ['is empty', [], [root]],
  ])('is not trusted if it %s', (_case, chain, roots) => {
    expect(isTrusted(certificates(...chain), certificates(...roots))).toBe(false);
  });

  it.each([-1, 10])('is not trusted outside of its validity period, %i days from now', (days) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * 86_400_000 });
    expect(isTrusted(certificates(device, maker), certificates(root))).toBe(false);
    expect(isTrusted(certificates(device), certificates(device))).toBe(false);
  });
});

/** Metadata of a single model. */
class SingleModel extends AuthenticatorModels {
  rootsFor = (aaguid: string) => (aaguid === AAGUID ? certificates(root) : undefined);
  nameFor = () => undefined;
}

const party = { id: 'id.example.org', name: 'Example', origins: ['https://id.example.org'] } as const;
const challenge = randomBytes(64).toString('base64url');

interface AttestationOptions {
  readonly aaguid?: string;
  readonly format?: string;
  readonly chain?: (KeyPair | undefined)[];
  readonly signer?: KeyPair | undefined;
  readonly attested?: boolean;
}

/** Registers a key with an attestation. Returns the new credential, or the reason for its refusal. */
async function register({
  aaguid = AAGUID,
  format = 'packed',
  chain,
  signer = device,
  attested = true,
}: AttestationOptions) {
  const statement = (data: Buffer, hash: Buffer): [string, Map<string, unknown>] => {
    const sig = sign('sha256', Buffer.concat([data, hash]), createPrivateKey(signer!.key));
    const x5c = certificates(...(chain ?? [device, maker])).map(({ raw }) => Uint8Array.from(raw));
    return [format, new Map<string, unknown>([...Object.entries({ alg: -7, sig: Uint8Array.from(sig), x5c })])];
  };
  const credential = new SoftwareAuthenticator(aaguid).create(
    { challenge, origin: party.origins[0], rpId: party.id },
    { statement },
  );
  const rules: CreationRules = {
    user_verification: 'preferred',
    resident_key_requirement: 'preferred',
    authenticator_attachment: null,
    hints: [],
    suggestedAttachment: null,
    requestAttestation: attested,
    conditional: false,
  };
  const result = await verifyRegistration(credential, { party, challenge, rules, models: new SingleModel() });
  return result;
}

/** Registers a key with an attestation. Returns whether its model is attested. */
async function isProven(options: AttestationOptions) {
  const result = await register(options);
  return 'credential' in result ? result.credential.proven : result.refused;
}

describe('the attestation of a model', () => {
  it('succeeds if the maker of the model has certified the key of the signature', async () => {
    expect(await isProven({})).toBe(true);
  });

  it.each<[string, AttestationOptions]>([
    ['the model has no roots', { aaguid: 'fbfc3007-154e-4ecc-8c0b-6e020557d7bd' }],
    ['the stage requests no attestation', { attested: false }],
    ['another key has signed', { signer: underLeaf }],
    ['the chain ends at another root', { chain: [underLeaf, leaf, otherRoot], signer: underLeaf }],
    ['the format cannot attest a model', { format: 'android-key' }],
    ['there is no chain', { chain: [] }],
  ])('fails if %s', async (_case, options) => {
    expect(await isProven(options)).toBe(false);
  });
});

describe('the certificate of an attestation', () => {
  const sha256 = (der: Buffer) => createHash('sha256').update(der).digest('hex');

  it('is stored as PEM with its SHA-256 fingerprint, even if nothing proves the model', async () => {
    const [certificate] = certificates(device);
    const stored = { pem: certificate!.toString(), fingerprint: sha256(certificate!.raw) };
    for (const options of [{}, { chain: [device, leaf] }, { attested: false }])
      expect(await register(options)).toMatchObject({ credential: { certificate: stored } });
    const facts = passkeyFacts(
      { credentialId: 'id', publicKey: 'key', signCount: 0, aaguid: AAGUID, proven: true, certificate: stored },
      party.id,
    );
    expect(facts).toMatchObject({ attestation_certificate_fingerprint: stored.fingerprint });
  });

  it('is left out if there is none, or if it is too large', async () => {
    expect(await register({ chain: [] })).toMatchObject({ credential: { certificate: undefined } });
    const object = isoCBOR.encode(
      new Map([['attStmt', new Map([['x5c', [new Uint8Array(MAX_CERTIFICATE_BYTES + 1)]]])]]),
    );
    expect(attestationCertificate(object)).toBeUndefined();
  });
});
