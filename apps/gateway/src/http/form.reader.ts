/** Before a field's name in the name of another: the first is not given when it is left empty. Only a script leaves it out itself. */
export const OPTIONAL = 'optional:';

/** What a page's form says. */
export function givenIn(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = Object.entries(fields).filter(
    ([name, value]) => !name.startsWith(OPTIONAL) && (value !== '' || !Object.hasOwn(fields, OPTIONAL + name)),
  );
  return Object.fromEntries(given);
}
