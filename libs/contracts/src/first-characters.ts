/** Returns at most `count` characters of a text. Cuts no surrogate pair, because Postgres stores no half of one in JSON. */
export const firstCharacters = (text: string, count: number): string => Array.from(text).slice(0, count).join('');
