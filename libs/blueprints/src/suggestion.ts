import { closestMatch } from 'leven';

/** Longest list of choices that a message names in addition to the closest choice. */
const MAX_LISTED = 40;

/**
 * Returns the end of an error message about a misspelt word: the closest choice, if one is close, and all choices. A
 * long list is left out if one is close.
 */
export function suggestion(word: string, choices: Iterable<string>, noun: string): string {
  const all = [...new Set(choices)];
  const closest = closestTo(word, all);
  const meant = closest === undefined ? '' : ` Did you mean ${closest}?`;
  if (all.length === 0 || (meant !== '' && all.length > MAX_LISTED)) return meant;
  return `${meant} ${noun}: ${all.join(', ')}.`;
}

/** Longest word that is compared with choices. The time of a comparison grows with the product of both lengths. */
const MAX_COMPARED = 256;

/** Returns the choice that differs from a word by the fewest letters, or undefined if every choice is far from it. */
export function closestTo(word: string, choices: readonly string[]): string | undefined {
  if (word.length > MAX_COMPARED) return undefined;
  const lower = word.toLowerCase();
  const byLower = new Map(choices.map((choice) => [choice.toLowerCase(), choice]));
  // More differences would suggest words that have nothing in common.
  const maxDistance = Math.min(4, Math.max(2, Math.floor(lower.length / 3)));
  return byLower.get(closestMatch(lower, [...byLower.keys()], { maxDistance }) ?? '');
}
