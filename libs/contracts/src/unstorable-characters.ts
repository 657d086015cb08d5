const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Returns the first NUL or lone surrogate in a value's strings and object keys, which Postgres cannot store. */
export function findUnstorableCharacter(value: unknown): string | undefined {
  if (typeof value === 'string') return UNSTORABLE.exec(value)?.[0];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const part of Object.entries(value).flat()) {
    const character = findUnstorableCharacter(part);
    if (character !== undefined) return character;
  }
  return undefined;
}

/**
 * Characters that are not allowed in a line of text: controls, lone surrogates, line separators and bidirectional
 * overrides.
 */
export const UNPRINTABLE = /[\p{Cc}\p{Surrogate}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** Returns text that is safe to print on a terminal, with unprintable characters escaped by their code points. */
export const escapeUnprintable = (text: string): string =>
  text.replaceAll(new RegExp(UNPRINTABLE, 'gu'), (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
