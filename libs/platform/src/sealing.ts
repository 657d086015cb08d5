import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const VERSION = 0x01;
const NONCE = 12;
const TAG = 16;

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
 * Encrypts bodies before they reach Postgres: AES-256-GCM with a derived key for each row
 * (docs/spec/storage.md#sealing). Format:
 * `0x01 | key id length | key id | nonce (12) | ciphertext | tag (16)`.
 */
export class Sealer {
  private readonly keys: ReadonlyMap<string, Buffer>;
  private readonly current: string;

  /** `keys` has the format of SEAL_KEYS: `new:base64,old:base64`. The first key seals, every key opens. */
  constructor(keys: string) {
    const pairs = keys.split(',').map((pair): [string, Buffer] => {
      const [id = '', encoded = ''] = pair.trim().split(':');
      const key = Buffer.from(encoded, 'base64');
      if (!/^[\w-]{1,32}$/.test(id) || key.length !== 32) {
        throw new Error('a seal key is not valid. Expected id:base64 of 32 bytes');
      }
      return [id, key];
    });
    this.keys = new Map(pairs);
    this.current = pairs[0]![0];
  }

  seal(row: SealId, body: unknown): Buffer {
    const id = Buffer.from(this.current);
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.rowKey(this.current, row), nonce);
    cipher.setAAD(associatedData(row));
    const text = Buffer.concat([cipher.update(JSON.stringify(body), 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.from([VERSION, id.length]), id, nonce, text, cipher.getAuthTag()]);
  }

  open(row: SealId, sealed: Buffer): unknown {
    try {
      if (sealed[0] !== VERSION) throw new Error('unknown version');
      const start = 2 + (sealed[1] ?? 0);
      const id = sealed.subarray(2, start).toString();
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
    return [...this.keys.values()].map((master) => {
      const key = createHmac('sha256', master).update(`digest\0${purpose}`).digest();
      return createHmac('sha256', key).update(text).digest();
    });
  }

  /** Returns whether a body was sealed with the current key. */
  isCurrent(sealed: Buffer): boolean {
    return sealed.subarray(2, 2 + (sealed[1] ?? 0)).toString() === this.current;
  }

  /** Derives a separate key for each row, so that few bodies share a key and their random nonces do not collide. */
  private rowKey(id: string, row: SealId): Buffer {
    const master = this.keys.get(id);
    if (!master) throw new Error(`no seal key "${id}"`);
    return createHmac('sha256', master).update(`${row.table}\0${row.id}`).digest();
  }
}

const associatedData = (row: SealId) => Buffer.from(`${row.table}\0${row.id}\0${row.revision}`);
