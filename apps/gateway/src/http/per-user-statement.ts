import type { NamedStatement } from '@gatehouse/platform';

/**
 * A statement about what a user has, or everybody: two, because a statement is planned without its values, and an index
 * that finds one user's rows would not be used. $1 is the user or null; `text` is given the condition.
 */
export function perUserStatement(name: string, column: string, text: (condition: string) => string) {
  const ofOne: NamedStatement = { name: `${name}_of_one`, text: text(`${column} = $1`) };
  const ofAll: NamedStatement = { name: `${name}_of_all`, text: text('$1::uuid IS NULL') };
  return (user: string | undefined) => (user === undefined ? ofAll : ofOne);
}
