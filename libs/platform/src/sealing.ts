import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const VERSION = 0x01;
const NONCE = 12;
const TAG = 16;
const KEY_ID = /^[\w-]{1,32}$/;

/**
 * The row and revision that a sealed body belongs to. A body that is copied to another row or revision does not open.
 */
export interface SealId {
  readonly table: string;
  readonly id: string;
  readonly revision: number;
}

/** Thrown when no key opens a body, or when the body was sealed for another row or revision. */
export class UnsealError extends Error {}

/**
 * Thrown when a body was sealed with a key that this process does not have. The body is intact: a process with the key
 * can open it, so the row must be kept.
 */
export class UnknownSealKeyError extends UnsealError {}

/** The key with which a master key digests the texts of one purpose. */
export interface DigestKey {
  /** Id of the master key. */
  readonly id: string;
  readonly key: Buffer;
}

/**
 * Encrypts bodies before they reach Postgres: AES-256-GCM with a derived key for each row
 * (docs/spec/storage.md#sealing). Format:
 * `0x01 | key id length | key id | nonce (12) | ciphertext | tag (16)`.
 */
export class Sealer {
  private readonly keys: ReadonlyMap<string, Buffer>;
  /** Id of the key that seals. */
  readonly currentKeyId: string;

  /** `keys` has the format of SEAL_KEYS: `new:base64,old:base64`. The first key seals, every key opens. */
  constructor(keys: string) {
    const pairs = keys.split(',').map((pair): [string, Buffer] => {
      const [id = '', encoded = ''] = pair.trim().split(':');
      const key = Buffer.from(encoded, 'base64');
      if (!KEY_ID.test(id) || key.length !== 32) {
        throw new Error('a seal key is not valid. Expected id:base64 of 32 bytes');
      }
      return [id, key];
    });
    this.keys = new Map(pairs);
    if (this.keys.size < pairs.length) throw new Error('two seal keys have the same id. Give a new key a new id');
    this.currentKeyId = pairs[0]![0];
  }

  /** Ids of all keys, the current key first. */
  get keyIds(): string[] {
    return [...this.keys.keys()];
  }

  seal(row: SealId, body: unknown): Buffer {
    const id = Buffer.from(this.currentKeyId);
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.rowKey(this.currentKeyId, row), nonce);
    cipher.setAAD(associatedData(row));
    const text = Buffer.concat([cipher.update(JSON.stringify(body), 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.from([VERSION, id.length]), id, nonce, text, cipher.getAuthTag()]);
  }

  /**
   * Returns the decrypted value. Throws UnknownSealKeyError if no key in the list has the id in the body, and
   * UnsealError if the body cannot be opened for another reason.
   */
  open(row: SealId, sealed: Buffer): unknown {
    const id = sealKeyIdOf(sealed);
    if (id !== undefined && !this.keys.has(id)) {
      throw new UnknownSealKeyError(
        `the body of ${row.table} ${row.id} was sealed with the key ${id}, which is not set`,
      );
    }
    try {
      if (id === undefined) throw new Error('unknown format');
      const start = 2 + id.length;
      const nonce = sealed.subarray(start, start + NONCE);
      const decipher = createDecipheriv('aes-256-gcm', this.rowKey(id, row), nonce, { authTagLength: TAG });
      decipher.setAAD(associatedData(row));
      decipher.setAuthTag(sealed.subarray(-TAG));
      const text = Buffer.concat([decipher.update(sealed.subarray(start + NONCE, -TAG)), decipher.final()]);
      return JSON.parse(text.toString());
    } catch (cause) {
      throw new UnsealError(`the body of ${row.table} ${row.id} cannot be opened`, { cause });
    }
  }

  /**
   * Returns keyed digests of a text, one for each key, the current key first. A table can store and search a digest in
   * place of the text. Without the keys, brute force cannot recover the text.
   */
  digests(purpose: string, text: string): Buffer[] {
    return this.digestKeys(purpose).map(({ key }) => keyedDigest(key, text));
  }

  /** Returns the keys that `digests` uses for a purpose, the current key first. */
  digestKeys(purpose: string): DigestKey[] {
    return [...this.keys].map(([id, master]) => ({
      id,
      key: createHmac('sha256', master).update(`digest\0${purpose}`).digest(),
    }));
  }

  /** Returns whether a body was sealed with the current key. */
  isCurrent(sealed: Buffer): boolean {
    return sealKeyIdOf(sealed) === this.currentKeyId;
  }

  /** Derives a separate key for each row, so that few bodies share a key and their random nonces do not collide. */
  private rowKey(id: string, row: SealId): Buffer {
    const master = this.keys.get(id);
    if (!master) throw new Error(`no seal key "${id}"`);
    return createHmac('sha256', master).update(`${row.table}\0${row.id}`).digest();
  }
}

/**
 * Returns the id of the key that sealed a body, or `undefined` if the value does not have the format of a sealed body.
 */
export function sealKeyIdOf(sealed: Buffer): string | undefined {
  const end = 2 + (sealed[1] ?? 0);
  const id = sealed.subarray(2, end).toString();
  return sealed[0] === VERSION && sealed.length >= end + NONCE + TAG && KEY_ID.test(id) ? id : undefined;
}

/** Returns the digest of a text under a digest key. */
export const keyedDigest = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const associatedData = (row: SealId) => Buffer.from(`${row.table}\0${row.id}\0${row.revision}`);
