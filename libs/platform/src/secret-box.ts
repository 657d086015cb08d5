import { z } from 'zod';
import { ConfigError } from './config.js';
import type { Sealer, SealId } from './sealing.js';

/** Which value of which object a secret is, so that none can be put in the place of another. */
export interface SecretId {
  readonly object: string;
  readonly field: string;
}

const SEALED_MARKER = 'gatehouse:sealed';
const sealedValue = z.strictObject({ [SEALED_MARKER]: z.string() });
type SealedValue = z.output<typeof sealedValue>;

/** What was sealed under the key that seals now, and so can be written again as it is. */
interface ResealableSecret {
  readonly text: string;
  readonly sealed: SealedValue;
}

/**
 * Secrets among the plain values of a JSON document, such as those of a stage's config: each is sealed by itself. One that
 * was opened here and has not changed is sealed to the same text again, so that a document with it is the same as before.
 */
export class SecretBox {
  private readonly known = new Map<string, ResealableSecret>();

  /** Without a sealer there is nothing that it opens, or seals. */
  constructor(private readonly sealer: Sealer | undefined) {}

  /** Nothing is no secret. Throws ConfigError when there is no key. */
  seal(place: SecretId, value: unknown): unknown {
    if (value === undefined || value === null || value === '') return value;
    const text = JSON.stringify(value);
    const known = this.known.get(nameOf(place));
    if (known?.text === text) return known.sealed;
    const sealed = { [SEALED_MARKER]: this.keys(place).seal(rowOf(place), value).toString('base64') };
    this.known.set(nameOf(place), { text, sealed });
    return sealed;
  }

  /** The secret as it was sealed; a value that is not sealed comes back as it is. Throws Unsealable, and ConfigError. */
  open(place: SecretId, value: unknown): unknown {
    const found = sealedValue.safeParse(value);
    if (!found.success) return value;
    const bytes = bytesOf(found.data);
    const opened = this.keys(place).open(rowOf(place), bytes);
    if (this.keys(place).isCurrent(bytes)) {
      this.known.set(nameOf(place), { text: JSON.stringify(opened), sealed: found.data });
    }
    return opened;
  }

  /** Whether a value is one that `seal` would write otherwise: it stands open, or under a key that seals no more. */
  isStale(value: unknown): boolean {
    if (value === undefined || value === null || value === '') return false;
    const found = sealedValue.safeParse(value);
    return !found.success || this.sealer?.isCurrent(bytesOf(found.data)) === false;
  }

  private keys({ object, field }: SecretId): Sealer {
    if (this.sealer) return this.sealer;
    throw new ConfigError(`SEAL_KEYS is not set, and the ${field} of ${object} is a secret`);
  }
}

const bytesOf = (value: SealedValue) => Buffer.from(value[SEALED_MARKER], 'base64');
const nameOf = ({ object, field }: SecretId) => `${object}/${field}`;
const rowOf = (place: SecretId): SealId => ({ table: 'flow.secrets', id: nameOf(place), revision: 0 });
