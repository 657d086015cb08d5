import { escapeUnprintable } from '@gatehouse/contracts';
import { CommandError } from '@gatehouse/local';

/** Number of names that an error lists at most. */
const MAX_LISTED = 20;

/** Returns the error for a name that does not exist. It suggests the most similar known name, or lists the known names. */
export function unknownName(what: string, name: string, known: readonly string[]): CommandError {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  const listed = known.slice(0, MAX_LISTED).join(', ') + (known.length > MAX_LISTED ? ', …' : '');
  const isSimilar = nearest !== undefined && nearest.distance <= Math.max(2, name.length / 3);
  const hint = isSimilar
    ? `Did you mean ${nearest.candidate}?`
    : known.length > 0
      ? `Known: ${listed}.`
      : 'There is none.';
  return new CommandError(escapeUnprintable(`There is no ${what} ${name}. ${hint}`));
}

/** Returns the number of inserted, deleted and replaced characters between two texts. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < Math.min(a.length, 256); i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
