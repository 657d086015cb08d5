import { closestTo } from '@gatehouse/blueprints';
import { escapeUnprintable } from '@gatehouse/contracts';
import { CommandError } from '@gatehouse/local';

/** Number of names that an error lists at most. */
const MAX_LISTED = 20;

/** Returns the error for a name that does not exist. It suggests the most similar known name, or lists the known names. */
export function unknownName(what: string, name: string, known: readonly string[]): CommandError {
  const closest = closestTo(name, known);
  const listed = known.slice(0, MAX_LISTED).join(', ') + (known.length > MAX_LISTED ? ', …' : '');
  const choices = known.length > 0 ? `Known: ${listed}.` : 'There is none.';
  const hint = closest === undefined ? choices : `Did you mean ${closest}?`;
  return new CommandError(escapeUnprintable(`There is no ${what} ${name}. ${hint}`));
}
