/** A parsed hash whose cost is within the limits. */
export interface StoredHash {
  /**
   * Whether the hash is of an older kind or cost, and should be replaced when the user next enters the right password.
   */
  readonly outdated: boolean;
  /** Kind and parameters, such as `pbkdf2_sha256 720000`. Checks of hashes with equal costs take the same time. */
  readonly cost: string;
  readonly matches: (password: string) => Promise<boolean>;
}

/**
 * Parses stored hashes of one kind. Returns `undefined` for text that is malformed, of another kind, or above a limit.
 * A new kind needs a migration of `directory.is_usable_hash`.
 */
export type StoredHashReader = (stored: string) => StoredHash | undefined;

/** Decodes padded base64. Returns `undefined` for text that is not the canonical encoding of its bytes. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
