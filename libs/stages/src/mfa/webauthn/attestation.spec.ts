import { createPrivateKey, randomBytes, sign, X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { drawChain, type Issued } from '../../../../../test/support/certificate.js';
import { SoftwareAuthenticator } from '../../../testing/software-authenticator.js';
import { AuthenticatorModels, isTrusted } from './attestation.js';
import type { CreationRules } from './creation-options.js';
import { verifyRegistration } from './registration.js';

const AAGUID = '2fc0579f-8113-47ea-b116-bb5a8db9202a';
const DEVICE = '/C=DE/O=Maker/OU=Authenticator Attestation/CN=Key';
const [root, maker, device] = drawChain(['/CN=Root', true], ['/CN=Maker', true], [DEVICE, false]);
const [otherRoot, leaf, underLeaf] = drawChain(['/CN=Root', true], ['/CN=Leaf', false], [DEVICE, false]);
const certificates = (...issued: (Issued | undefined)[]) => issued.map((one) => new X509Certificate(one!.cert));

afterEach(() => void vi.useRealTimers());

describe('a chain of certificates', () => {
  it('is trusted up to a root, and up to what a root has issued', () => {
    expect(isTrusted(certificates(device, maker), certificates(root))).toBe(true);
    expect(isTrusted(certificates(device, maker, root), certificates(root))).toBe(true);
    expect(isTrusted(certificates(device), certificates(otherRoot, maker))).toBe(true);
  });

  it.each([
    ['ends at no root', [device, maker], [otherRoot]],
    ['has a link missing', [device], [root]],
    ['has a link that is another’s', [underLeaf, maker], [root]],
    ['was issued by what may issue nothing', [underLeaf, leaf], [otherRoot]],
    ['is none', [], [root]],
  ])('is not trusted that %s', (_what, chain, roots) => {
    expect(isTrusted(certificates(...chain), certificates(...roots))).toBe(false);
  });

  it.each([-1, 10])('is not trusted beside its time: %i days from now', (days) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * 86_400_000 });
    expect(isTrusted(certificates(device, maker), certificates(root))).toBe(false);
    expect(isTrusted(certificates(device), certificates(device))).toBe(false);
  });
});

/** Somebody who vouches for one model. */
class OneModel extends AuthenticatorModels {
  rootsOf = (aaguid: string) => (aaguid === AAGUID ? certificates(root) : undefined);
  nameOf = () => undefined;
}

const party = { id: 'id.example.org', name: 'Example', origin: 'https://id.example.org' };
const challenge = randomBytes(64).toString('base64url');

interface Claimed {
  readonly aaguid?: string;
  readonly format?: string;
  readonly chain?: (Issued | undefined)[];
  readonly signer?: Issued | undefined;
  readonly attested?: boolean;
}

/** Whether a key is believed to be of its model, by a statement of its maker's. */
async function isProven({ aaguid = AAGUID, format = 'packed', chain, signer = device, attested = true }: Claimed) {
  const statement = (data: Buffer, hash: Buffer): [string, Map<string, unknown>] => {
    const sig = sign('sha256', Buffer.concat([data, hash]), createPrivateKey(signer!.key));
    const x5c = certificates(...(chain ?? [device, maker])).map(({ raw }) => Uint8Array.from(raw));
    return [format, new Map<string, unknown>([...Object.entries({ alg: -7, sig: Uint8Array.from(sig), x5c })])];
  };
  const posted = new SoftwareAuthenticator(aaguid).create(
    { challenge, origin: party.origin, rpId: party.id },
    { statement },
  );
  const rules: CreationRules = {
    user_verification: 'preferred',
    resident_key_requirement: 'preferred',
    authenticator_attachment: null,
    hints: [],
    attested,
  };
  const made = await verifyRegistration(posted, { party, challenge, rules, models: new OneModel() });
  return 'credential' in made ? made.credential.proven : made.refused;
}

describe('a statement of a model', () => {
  it('proves it by the signature of a key that its maker has certified', async () => {
    expect(await isProven({})).toBe(true);
  });

  it.each<[string, Claimed]>([
    ['nobody vouches for it', { aaguid: 'fbfc3007-154e-4ecc-8c0b-6e020557d7bd' }],
    ['nobody wants to know', { attested: false }],
    ['another key has signed', { signer: underLeaf }],
    ['its chain ends elsewhere', { chain: [underLeaf, leaf, otherRoot], signer: underLeaf }],
    ['its form is one whose chain is not looked at', { format: 'android-key' }],
    ['it has no chain', { chain: [] }],
  ])('proves nothing where %s', async (_what, claimed) => {
    expect(await isProven(claimed)).toBe(false);
  });
});
