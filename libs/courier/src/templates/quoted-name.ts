import { UNPRINTABLE } from '@gatehouse/contracts';

/** Characters of a name that a letter shows. */
export const MAX_NAME_CHARACTERS = 64;

/** Invisible, and no part of an address: programs for mail make no link of what it parts. */
const WORD_JOINER = '\u2060';
/** Besides those that no line shows: what is invisible, but for what joins letters and parts them in some scripts. */
const INVISIBLE = /(?![\u200c\u200d])[\p{Cf}\p{Co}\p{Cn}]/gu;

/** A name as a line may hold it: what cannot be seen is left out, and what is too long ends early. */
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
 * A name as a letter shows it: somebody chose it, maybe to have the house mail their own words and links to others. Words are
 * in quotation marks, and nothing of it becomes a link.
 */
export function quotedName(name: string): string {
  const short = truncatedName(name);
  const quoted = short.includes(' ') ? `"${short.replaceAll('"', "'")}"` : short;
  return quoted.replaceAll(/(?<=[.:/@])(?=\S)/gu, WORD_JOINER);
}
