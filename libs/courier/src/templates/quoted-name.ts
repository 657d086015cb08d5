import { UNPRINTABLE } from '@gatehouse/contracts';

/** Largest number of characters of a name in a mail. */
export const MAX_NAME_CHARACTERS = 64;

/** Invisible separator that keeps mail programs from turning text into a link. */
const WORD_JOINER = '\u2060';
/** Matches invisible characters, except the joiners that some scripts need. */
const INVISIBLE = /(?![\u200c\u200d])[\p{Cf}\p{Co}\p{Cn}]/gu;

/** Returns a name on one line, without invisible characters, and cut to MAX_NAME_CHARACTERS. */
export function truncatedName(name: string): string {
  const line = name
    .replaceAll(new RegExp(UNPRINTABLE, 'gu'), ' ')
    .replaceAll(INVISIBLE, '')
    .replaceAll(/\s+/gu, ' ')
    .trim();
  const characters = Array.from(line);
  return characters.length > MAX_NAME_CHARACTERS ? `${characters.slice(0, MAX_NAME_CHARACTERS - 1).join('')}…` : line;
}

/**
 * Returns a name in a form that is safe in the text of a mail. An attacker may choose a name that is itself a spam
 * text. So a name with spaces is put in quotation marks, and no part of it becomes a link.
 */
export function quotedName(name: string): string {
  const short = truncatedName(name);
  const quoted = short.includes(' ') ? `"${short.replaceAll('"', "'")}"` : short;
  return quoted.replaceAll(/(?<=[.:/@])(?=\S)/gu, WORD_JOINER);
}
