import { z } from 'zod';
import { ConfigError } from './config.js';
import type { Sealer, SealId } from './sealing.js';

/** The object and field that a secret belongs to. A sealed secret opens only there, so secrets cannot be swapped. */
export interface SecretId {
  readonly object: string;
  readonly field: string;
}

const SEALED_MARKER = 'gatehouse:sealed';
const sealedValue = z.strictObject({ [SEALED_MARKER]: z.string() });
type SealedValue = z.output<typeof sealedValue>;

/** A secret that is already sealed with the current key, and can be reused unchanged. */
interface ResealableSecret {
  readonly plaintext: string;
  readonly sealed: SealedValue;
}

/**
 * Seals single values of a JSON document, such as the secrets of a stage's config. When the box seals a plaintext that
 * it has opened before, it returns the same bytes again, so that an unchanged document stays equal.
 */
export class SecretBox {
  private readonly resealable = new Map<string, ResealableSecret>();

  /** Without a sealer, sealing or opening a secret throws ConfigError. */
  constructor(private readonly sealer: Sealer | undefined) {}

  /**
   * Returns the sealed value. Returns undefined, null and the empty string unchanged. Throws ConfigError without a
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
   * Returns the plaintext of a sealed secret, and any other value unchanged. Throws UnsealError, or ConfigError without
   * a sealer.
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

  /** Returns whether a secret must be sealed again, because it is plaintext or was sealed with an old key. */
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

/** Returns the object that the secrets of a part of a document belong to, or `undefined` if it is that of the whole. */
export type OwnerOf = (part: Readonly<Record<string, unknown>>) => string | undefined;

/**
 * Returns a copy of a JSON document in which `convert` has replaced each sealed value. `object` is the object that the
 * document belongs to. With `ownerOf`, parts of the document belong to other objects.
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
