import { UNPRINTABLE } from '@gatehouse/contracts';

/** Largest length of a name in a mail. */
export const MAX_NAME_CHARACTERS = 64;

/** Invisible separator that keeps mail programs from turning text into a link. */
const WORD_JOINER = '\u2060';
/** Invisible characters, except the joiners that some scripts need. */
const INVISIBLE = /(?![\u200c\u200d])[\p{Cf}\p{Co}\p{Cn}]/gu;

/** Returns a name on one line, without invisible characters, truncated to the largest length. */
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
 * Returns a name for the text of a mail. An attacker may choose a name in order to send spam with it, so a name with
 * spaces is quoted, and no part of it becomes a link.
 */
export function quotedName(name: string): string {
  const short = truncatedName(name);
  const quoted = short.includes(' ') ? `"${short.replaceAll('"', "'")}"` : short;
  return quoted.replaceAll(/(?<=[.:/@])(?=\S)/gu, WORD_JOINER);
}
