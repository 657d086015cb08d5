/**
 * Returns at most `count` characters of a text. Never splits a surrogate pair, because Postgres cannot store half a
 * pair in JSON.
 */
export const firstCharacters = (text: string, count: number): string => Array.from(text).slice(0, count).join('');

/** Returns at most `length` UTF-16 code units of a text, without half of a surrogate pair at the end. */
export const cutAt = (text: string, length: number): string => text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
