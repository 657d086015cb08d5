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

const UNPRINTABLE_IN_QUOTES = new RegExp(`(?![\\n\\t])${UNPRINTABLE.source}`, 'gu');

/** Returns text that is safe to print on a terminal, with unprintable characters escaped by their code points. */
export const escapeUnprintable = (text: string): string =>
  text.replaceAll(new RegExp(UNPRINTABLE, 'gu'), (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);

/** Returns several lines of text that are safe to print on a terminal. Keeps line breaks and tabs. */
export const escapeUnprintableLines = (text: string): string =>
  text
    .split(/([\n\t])/)
    .map((part, i) => (i % 2 === 1 ? part : escapeUnprintable(part)))
    .join('');

/**
 * Returns JSON or YAML with unprintable characters, except line breaks and tabs, as `\\uXXXX`. Each of them must be in
 * a double-quoted string, which then parses to the same value.
 */
export const escapeInQuotes = (text: string): string =>
  text.replaceAll(UNPRINTABLE_IN_QUOTES, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Returns a value as indented JSON that is safe to print on a terminal. */
export const printableJson = (value: unknown, replacer?: (key: string, value: unknown) => unknown): string =>
  escapeInQuotes(JSON.stringify(value, replacer, 2));
