import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

/** The algorithm of every token (RFC 7518 §3.4). */
export const SIGNING_ALGORITHM = 'ES256';
const CURVE = 'prime256v1';
const KEY_ID = /^[\w-]{1,32}$/;

/** A public key in the form of RFC 7517. */
export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: typeof SIGNING_ALGORITHM;
  readonly use: 'sig';
}

/** The private keys that sign tokens. */
export class SigningKeys {
  private readonly keys: ReadonlyMap<string, KeyObject>;
  /** Id of the key that signs. */
  readonly currentKeyId: string;

  /**
   * `keys` has the format of JWT_SIGNING_KEYS: `new:base64,old:base64`, each a P-256 private key in PKCS #8 (DER). The
   * first key signs, and the public keys of all are published. Throws Error for an invalid key, without the key.
   */
  constructor(keys: string) {
    const pairs = keys.split(',').map((pair): [string, KeyObject] => {
      const [id = '', encoded = ''] = pair.trim().split(':');
      const key = privateKeyOf(encoded);
      if (!KEY_ID.test(id) || !key)
        throw new Error('a signing key is not valid. Expected id:base64 of a P-256 private key in PKCS #8 (DER)');
      return [id, key];
    });
    this.keys = new Map(pairs);
    if (this.keys.size < pairs.length) throw new Error('two signing keys have the same id. Give a new key a new id');
    this.currentKeyId = pairs[0]![0];
  }

  /** Ids of all keys, the current key first. */
  get keyIds(): string[] {
    return [...this.keys.keys()];
  }

  get currentKey(): KeyObject {
    return this.keys.get(this.currentKeyId)!;
  }

  /** The public keys, the current key first. */
  get publicKeys(): PublicJwk[] {
    return [...this.keys].map(([kid, key]) => {
      const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
      return { kty: 'EC', crv: 'P-256', x, y, kid, alg: SIGNING_ALGORITHM, use: 'sig' };
    });
  }
}

function privateKeyOf(encoded: string): KeyObject | undefined {
  try {
    const key = createPrivateKey({ key: Buffer.from(encoded, 'base64'), format: 'der', type: 'pkcs8' });
    return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === CURVE ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Setting of processes that sign tokens. */
export const signingKeysSetting = z
  .string()
  .optional()
  .superRefine((setting, context) => {
    try {
      if (setting !== undefined) new SigningKeys(setting);
    } catch (error) {
      context.addIssue((error as Error).message);
    }
  });
