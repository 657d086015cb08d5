import type { FlowVersion } from '@gatehouse/plan';
import {
  convertSealedValues,
  type OwnerOf,
  type Sealer,
  SecretBox,
  type SecretId,
  UnsealError,
} from '@gatehouse/platform';
import { canonical } from '../json.js';

/** Returns the id of a stage in a flow version, which its sealed secrets belong to. */
export const stageOwner: OwnerOf = ({ id, kind, config }) =>
  typeof id === 'string' && typeof kind === 'string' && config !== undefined ? id : undefined;

/** Thrown if a document contains a secret that was sealed with an old key, or with a key that is not available. */
class StaleSecretError extends Error {}

/** Compares flow versions by their content. Sealing one secret twice gives different bytes, so digests may differ. */
export class VersionContents {
  readonly #box: SecretBox;

  constructor(private readonly sealer: Sealer | undefined) {
    this.#box = new SecretBox(sealer);
  }

  /**
   * Returns the canonical JSON of a document with decrypted secrets, or `undefined` if a secret is not sealed with the
   * current key.
   */
  contentOf(document: FlowVersion): string | undefined {
    try {
      return canonical(
        convertSealedValues(document, { object: document.flow.id, ownerOf: stageOwner }, (id, _, value) => {
          if (!this.sealer || this.#box.isStale(value)) throw new StaleSecretError();
          return { secret: this.#box.open(id, value) };
        }),
      );
    } catch (error) {
      if (error instanceof StaleSecretError || error instanceof UnsealError) return undefined;
      throw error;
    }
  }

  /** Returns a copy of a document in which each sealed secret is a `SecretValue`. */
  withSecretValues(document: FlowVersion): FlowVersion {
    return convertSealedValues(document, { object: document.flow.id, ownerOf: stageOwner }, (id, sealed, value) => {
      return new SecretValue(sealed.toString('base64'), this.#opened(id, value));
    }) as FlowVersion;
  }

  /**
   * Returns a copy of a document with decrypted secrets, to compare documents. A secret that cannot be decrypted stays
   * sealed.
   */
  withComparableSecrets(document: FlowVersion): FlowVersion {
    return convertSealedValues(
      document,
      { object: document.flow.id, ownerOf: stageOwner },
      (id, _, value) => this.#opened(id, value) ?? value,
    ) as FlowVersion;
  }

  #opened(id: SecretId, value: unknown): string | undefined {
    try {
      return this.sealer && JSON.stringify(this.#box.open(id, value));
    } catch (error) {
      if (error instanceof UnsealError) return undefined;
      throw error;
    }
  }

  /** Returns whether every secret of a document can be decrypted, so that gateways with these keys can use it. */
  canOpen(document: FlowVersion): boolean {
    try {
      convertSealedValues(document, { object: document.flow.id, ownerOf: stageOwner }, (id, _, value) => {
        if (this.sealer) this.#box.open(id, value);
        return value;
      });
      return true;
    } catch (error) {
      if (error instanceof UnsealError) return false;
      throw error;
    }
  }
}

/** A secret in a document that is compared. Its JSON never contains the plain secret. */
export class SecretValue {
  constructor(
    readonly sealed: string,
    /** The decrypted secret as JSON, or `undefined` if its key is not available. */
    readonly opened: string | undefined,
  ) {}

  toJSON(): string {
    return '(secret)';
  }
}

/** Returns whether a document has a sealed secret. */
export function hasSecrets(document: FlowVersion): boolean {
  let found = false;
  convertSealedValues(document, { object: '', ownerOf: stageOwner }, (_, __, value) => {
    found = true;
    return value;
  });
  return found;
}
