import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  type SignKeyObjectInput,
  sign,
} from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest();
const unpadded = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
/** Encodes as base64url with padding, as some clients do. */
const padded = (bytes: Uint8Array) => {
  const text = unpadded(bytes);
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
};

type Cose = Map<number, number | Uint8Array>;

/** A signature algorithm: how to generate, encode and use a key. */
interface Algorithm {
  readonly cose: (publicKey: KeyObject) => Cose;
  readonly pair: () => { publicKey: KeyObject; privateKey: KeyObject };
  readonly digest: string | null;
  readonly options?: Omit<SignKeyObjectInput, 'key'>;
}

const jwk = (key: KeyObject) => key.export({ format: 'jwk' });
const member = (text: string | undefined) => Uint8Array.from(Buffer.from(text ?? '', 'base64url'));

const elliptic = (alg: number, crv: number, [namedCurve, digest]: [string, string]): Algorithm => ({
  pair: () => generateKeyPairSync('ec', { namedCurve }),
  cose: (key) =>
    new Map<number, number | Uint8Array>([
      [1, 2],
      [3, alg],
      [-1, crv],
      [-2, member(jwk(key).x)],
      [-3, member(jwk(key).y)],
    ]),
  digest,
});
/** One RSA key pair for all RSA algorithms, because generating it is slow. */
let rsaPair: { publicKey: KeyObject; privateKey: KeyObject } | undefined;

const rsa = (alg: number, digest: string, options: Omit<SignKeyObjectInput, 'key'> = {}): Algorithm => ({
  pair: () => (rsaPair ??= generateKeyPairSync('rsa', { modulusLength: 2048 })),
  cose: (key) =>
    new Map<number, number | Uint8Array>([
      [1, 3],
      [3, alg],
      [-1, member(jwk(key).n)],
      [-2, member(jwk(key).e)],
    ]),
  digest,
  options,
});
/**
 * Options of RSA-PSS signatures: padding 6 is RSA_PKCS1_PSS_PADDING, and the salt is as long as the digest (RFC 8230).
 */
const pss = (bytes: number) => ({ padding: 6, saltLength: bytes });

/** Signature algorithms by COSE number. The setup stage requests all of them except the last. */
export const algorithms: Readonly<Record<string, Algorithm>> = {
  '-7': elliptic(-7, 1, ['P-256', 'sha256']),
  '-8': {
    pair: () => generateKeyPairSync('ed25519'),
    cose: (key) =>
      new Map<number, number | Uint8Array>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, member(jwk(key).x)],
      ]),
    digest: null,
  },
  '-36': elliptic(-36, 3, ['P-521', 'sha512']),
  '-37': rsa(-37, 'sha256', pss(32)),
  '-38': rsa(-38, 'sha384', pss(48)),
  '-39': rsa(-39, 'sha512', pss(64)),
  '-257': rsa(-257, 'sha256'),
  '-258': rsa(-258, 'sha384'),
  '-259': rsa(-259, 'sha512'),
  '-35': elliptic(-35, 2, ['P-384', 'sha384']),
};

interface Ceremony {
  readonly challenge: string;
  readonly origin: string;
  readonly rpId: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
}
interface AuthenticatorOptions {
  readonly up?: boolean;
  readonly uv?: boolean;
  readonly backup?: number;
}

/** A WebAuthn authenticator in software. Its responses have the format that authentik's clients send. */
export class SoftwareAuthenticator {
  readonly id = unpadded(randomBytes(32));
  count = 0;
  readonly #algorithm: Algorithm;
  readonly #pair: { publicKey: KeyObject; privateKey: KeyObject };

  constructor(
    readonly aaguid = '00000000-0000-0000-0000-000000000000',
    algorithm = '-7',
  ) {
    this.#algorithm = algorithms[algorithm]!;
    this.#pair = this.#algorithm.pair();
  }

  /** The COSE key in base64url. */
  get publicKey(): string {
    return unpadded(isoCBOR.encode(this.#algorithm.cose(this.#pair.publicKey)));
  }

  /**
   * Returns the result of `navigator.credentials.create`. `statement` returns the attestation statement of the
   * authenticator model.
   */
  create(
    ceremony: Ceremony,
    options: AuthenticatorOptions & { statement?: (data: Buffer, hash: Buffer) => [string, Map<string, unknown>] } = {},
  ) {
    const client = clientData({ type: 'webauthn.create', ...ceremony });
    const id = Buffer.from(this.id, 'base64url');
    const attested = Buffer.concat([
      Buffer.from(this.aaguid.replaceAll('-', ''), 'hex'),
      Buffer.from([0, id.length]),
      id,
      isoCBOR.encode(this.#algorithm.cose(this.#pair.publicKey)),
    ]);
    const data = authenticatorData(ceremony.rpId, { ...options, count: this.count, attested });
    const [fmt, attStmt] = options.statement?.(data, sha256(client)) ?? ['none', new Map<string, unknown>()];
    const attestation = new Map<string, unknown>([
      ['fmt', fmt],
      ['attStmt', attStmt],
      ['authData', Uint8Array.from(data)],
    ]);
    return {
      ...{ id: this.id, rawId: this.id, type: 'public-key', registrationClientExtensions: '{}' },
      response: { clientDataJSON: unpadded(client), attestationObject: unpadded(isoCBOR.encode(attestation as never)) },
    };
  }

  /** Returns the result of `navigator.credentials.get`. */
  get(ceremony: Ceremony, options: AuthenticatorOptions & { count?: number } = {}) {
    this.count = options.count ?? this.count + 1;
    const client = clientData({ type: 'webauthn.get', ...ceremony });
    const data = authenticatorData(ceremony.rpId, { ...options, count: this.count });
    const signature = this.sign(Buffer.concat([data, sha256(client)]));
    return {
      ...{ id: this.id, rawId: this.id, type: 'public-key', assertionClientExtensions: '{}' },
      response: {
        clientDataJSON: padded(client),
        authenticatorData: padded(data),
        signature: padded(signature),
        userHandle: null,
      },
    };
  }

  sign(bytes: Buffer): Buffer {
    return sign(this.#algorithm.digest, bytes, { key: this.#pair.privateKey, ...this.#algorithm.options });
  }
}

const clientData = ({ type, challenge, origin, crossOrigin = false }: Ceremony) =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin }));

function authenticatorData(
  rpId: string,
  { up = true, uv = true, backup = 0, count, attested }: AuthenticatorOptions & { count: number; attested?: Buffer },
) {
  const flags = (up ? 0x01 : 0) | (uv ? 0x04 : 0) | backup | (attested ? 0x40 : 0);
  const rest = Buffer.alloc(5);
  rest.writeUInt8(flags, 0);
  rest.writeUInt32BE(count, 1);
  return Buffer.concat([sha256(rpId), rest, attested ?? Buffer.alloc(0)]);
}
