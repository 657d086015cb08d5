import { z } from 'zod';
import { ConfigError } from './config.js';
import type { Sealer, SealId } from './sealing.js';

/**
 * The object and field to which an encrypted secret is bound. It can be decrypted only for them, so secrets cannot be
 * swapped.
 */
export interface SecretId {
  readonly object: string;
  readonly field: string;
}

const SEALED_MARKER = 'gatehouse:sealed';
const sealedValue = z.strictObject({ [SEALED_MARKER]: z.string() });
type SealedValue = z.output<typeof sealedValue>;

/** A secret that was decrypted before and is encrypted with the current key, so that its bytes can be used again. */
interface ResealableSecret {
  readonly plaintext: string;
  readonly sealed: SealedValue;
}

/**
 * Encrypts single values in a JSON document, such as the secrets in a stage's config. For a plaintext that it has
 * decrypted before, it returns the earlier bytes, so that an unchanged document stays equal.
 */
export class SecretBox {
  private readonly resealable = new Map<string, ResealableSecret>();

  /** Without a sealer, encrypting or decrypting a secret throws ConfigError. */
  constructor(private readonly sealer: Sealer | undefined) {}

  /**
   * Returns the encrypted value. Returns undefined, null and the empty text unchanged. Throws ConfigError without a
   * sealer.
   */
  seal(id: SecretId, value: unknown): unknown {
    if (value === undefined || value === null || value === '') return value;
    const plaintext = JSON.stringify(value);
    const earlier = this.resealable.get(nameOf(id));
    if (earlier?.plaintext === plaintext) return earlier.sealed;
    const sealed = { [SEALED_MARKER]: this.sealerFor(id).seal(rowOf(id), value).toString('base64') };
    this.resealable.set(nameOf(id), { plaintext, sealed });
    return sealed;
  }

  /**
   * Returns the plaintext of an encrypted secret. Returns any other value unchanged. Throws UnsealError, or ConfigError
   * without a sealer.
   */
  open(id: SecretId, value: unknown): unknown {
    const parsed = sealedValue.safeParse(value);
    if (!parsed.success) return value;
    const bytes = bytesOf(parsed.data);
    const opened = this.sealerFor(id).open(rowOf(id), bytes);
    if (this.sealerFor(id).isCurrent(bytes)) {
      this.resealable.set(nameOf(id), { plaintext: JSON.stringify(opened), sealed: parsed.data });
    }
    return opened;
  }

  /** Returns whether a secret must be encrypted again: it is plaintext, or was encrypted with an old key. */
  isStale(value: unknown): boolean {
    if (value === undefined || value === null || value === '') return false;
    const parsed = sealedValue.safeParse(value);
    return !parsed.success || this.sealer?.isCurrent(bytesOf(parsed.data)) === false;
  }

  private sealerFor({ object, field }: SecretId): Sealer {
    if (this.sealer) return this.sealer;
    throw new ConfigError(`SEAL_KEYS is not set, but the ${field} of ${object} is a secret. Set SEAL_KEYS.`);
  }
}

const bytesOf = (value: SealedValue) => Buffer.from(value[SEALED_MARKER], 'base64');
const nameOf = ({ object, field }: SecretId) => `${object}/${field}`;
const rowOf = (id: SecretId): SealId => ({ table: 'flow.secrets', id: nameOf(id), revision: 0 });

/**
 * Returns the object to which the secrets in a part of a document are bound; `undefined` if it is the object of the
 * whole document.
 */
export type OwnerOf = (part: Readonly<Record<string, unknown>>) => string | undefined;

/**
 * Returns a copy of a JSON document in which `convert` has replaced each encrypted value. `object` is the object to
 * which its secrets are bound, except in parts for which `ownerOf` returns another object.
 */
export function convertSealedValues(
  document: unknown,
  { object, ownerOf = () => undefined }: { readonly object: string; readonly ownerOf?: OwnerOf | undefined },
  convert: (id: SecretId, sealed: Buffer, value: unknown) => unknown,
): unknown {
  const visit = (value: unknown, id: SecretId): unknown => {
    const sealed = sealedValue.safeParse(value);
    if (sealed.success) return convert(id, bytesOf(sealed.data), value);
    if (Array.isArray(value)) return value.map((item: unknown) => visit(item, id));
    if (typeof value !== 'object' || value === null) return value;
    const owner = ownerOf(value as Readonly<Record<string, unknown>>) ?? id.object;
    return Object.fromEntries(
      Object.entries(value).map(([field, inner]) => [field, visit(inner, { object: owner, field })]),
    );
  };
  return visit(document, { object, field: '' });
}
