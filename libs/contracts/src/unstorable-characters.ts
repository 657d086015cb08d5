const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** The first character in the texts of a value, names of fields too, that no store of JSON takes: NUL, or half a surrogate pair. */
export function findUnstorableCharacter(value: unknown): string | undefined {
  if (typeof value === 'string') return UNSTORABLE.exec(value)?.[0];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const part of Object.entries(value).flat()) {
    const odd = findUnstorableCharacter(part);
    if (odd !== undefined) return odd;
  }
  return undefined;
}

/** Characters that names and lines of text have no use for: controls, halves of pairs, and what turns the direction of what follows. */
export const UNPRINTABLE = /[\p{Cc}\p{Surrogate}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** Text as a line of a terminal may hold it: what cannot be shown is written by its number. */
export const escapeUnprintable = (text: string): string =>
  text.replaceAll(new RegExp(UNPRINTABLE, 'gu'), (odd) => `\\u{${odd.codePointAt(0)!.toString(16)}}`);
