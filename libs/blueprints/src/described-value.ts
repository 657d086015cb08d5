import { UnresolvedTag } from './tagged-value.js';

/** Longest quotation of a value in a message. */
const MAX_QUOTED = 60;

/** Says what a value is, for a message about a wrong value: "the text `x`", "a list". */
export function describedValue(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return value instanceof UnresolvedTag ? 'a tag' : 'a map';
  if (typeof value === 'string') return value === '' ? 'an empty text' : `the text \`${shortened(value)}\``;
  return typeof value === 'number' ? `the number \`${value}\`` : `\`${String(value)}\``;
}

/** Returns a text with a full stop, unless it already ends with a punctuation mark. */
export const withFullStop = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** Returns a noun with its article. */
export const withArticle = (noun: string): string => `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;

const shortened = (text: string) => (text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);
