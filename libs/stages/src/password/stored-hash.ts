/** A stored hash that was understood and is affordable. */
export interface StoredHash {
  /** It is of an older kind or cost: after a right password it should be made anew. */
  readonly outdated: boolean;
  readonly matches: (password: string) => Promise<boolean>;
}

/**
 * Reads the stored texts of one kind; undefined for text that is malformed, of another kind, or above a limit of the kind. A new
 * kind needs a migration of `directory.is_usable_hash`.
 */
export type StoredHashReader = (stored: string) => StoredHash | undefined;

/** The bytes of padded base64; undefined for text that is not exactly what these bytes are written as. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
