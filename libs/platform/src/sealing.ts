import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const VERSION = 0x01;
const NONCE = 12;
const TAG = 16;
const KEY_ID = /^[\w-]{1,32}$/;
/** Number of row keys that a process keeps. A plan is opened and sealed by each of its requests. */
const MAX_ROW_KEYS = 1000;

/**
 * The row and revision to which an encrypted body is bound. A body that was copied to another row or revision cannot be
 * decrypted.
 */
export interface SealId {
  readonly table: string;
  readonly id: string;
  readonly revision: number;
}

/** Thrown if a body cannot be decrypted: it was altered, or encrypted for another row or revision. */
export class UnsealError extends Error {}

/**
 * Thrown if a body was encrypted with a key that this process does not have. The body may be intact and another process
 * may have the key, so the row must be kept.
 */
export class UnknownSealKeyError extends UnsealError {}

/** A key that is derived from a seal key, for keyed digests of one purpose. */
export interface DigestKey {
  /** Id of the seal key. */
  readonly id: string;
  readonly key: Buffer;
}

/**
 * Encrypts bodies before they are stored in Postgres, by AES-256-GCM with a derived key for each row
 * (docs/spec/storage.md#sealing). Format: `0x01 | key id length | key id | nonce (12) | ciphertext | tag (16)`.
 */
export class Sealer {
  private readonly keys: ReadonlyMap<string, Buffer>;
  /** The row keys that were derived last, by the id of their seal key and their row. */
  private readonly rowKeys = new Map<string, Buffer>();
  /** Id of the key that encrypts. */
  readonly currentKeyId: string;

  /**
   * `keys` has the format of the setting SEAL_KEYS: `new:base64,old:base64`. The first key encrypts, every key
   * decrypts.
   */
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

  /** Ids of all keys. The current key is the first. */
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
   * Returns the decrypted value. Throws UnknownSealKeyError if this process lacks the key whose id is in the body, and
   * UnsealError if the body cannot be decrypted for another reason.
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
   * Returns keyed digests (HMAC) of a text, one for each key, the current key's first. A table can store and search a
   * digest instead of the text. Without the keys, the text cannot be found by brute force.
   */
  digests(purpose: string, text: string): Buffer[] {
    return this.digestKeys(purpose).map(({ key }) => keyedDigest(key, text));
  }

  /** Returns the keys by which `digests` makes digests for a purpose, the current one first. */
  digestKeys(purpose: string): DigestKey[] {
    return [...this.keys].map(([id, master]) => ({
      id,
      key: createHmac('sha256', master).update(`digest\0${purpose}`).digest(),
    }));
  }

  /** Returns whether a body was encrypted with the current key. */
  isCurrent(sealed: Buffer): boolean {
    return sealKeyIdOf(sealed) === this.currentKeyId;
  }

  /**
   * Returns a separate key for each row, so that few bodies have the same key and their random nonces do not collide.
   */
  private rowKey(id: string, { table, id: rowId }: SealId): Buffer {
    const name = `${id}\0${table}\0${rowId}`;
    const known = this.rowKeys.get(name);
    if (known) return known;
    const master = this.keys.get(id);
    if (!master) throw new Error(`the seal key "${id}" is not set`);
    const key = createHmac('sha256', master).update(`${table}\0${rowId}`).digest();
    if (this.rowKeys.size >= MAX_ROW_KEYS) this.rowKeys.delete(this.rowKeys.keys().next().value!);
    this.rowKeys.set(name, key);
    return key;
  }
}

/**
 * Returns the id of the key that encrypted a body; `undefined` if the value does not have the format of an encrypted
 * body.
 */
export function sealKeyIdOf(sealed: Buffer): string | undefined {
  const end = 2 + (sealed[1] ?? 0);
  const id = sealed.subarray(2, end).toString();
  return sealed[0] === VERSION && sealed.length >= end + NONCE + TAG && KEY_ID.test(id) ? id : undefined;
}

/** Returns the keyed digest (HMAC) of a text under a digest key. */
export const keyedDigest = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const associatedData = (row: SealId) => Buffer.from(`${row.table}\0${row.id}\0${row.revision}`);
