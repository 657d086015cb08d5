import type { NamedStatement } from '@gatehouse/platform';

/** Values by the names that they have in a statement. */
export type StatementValues = Readonly<Record<string, unknown>>;

/** A statement whose values stand in it by name, as `:name`; with some values, what `runNamed` takes. */
export function namedParameters(name: string, text: string): (values: StatementValues) => [NamedStatement, unknown[]] {
  const names: string[] = [];
  const place = (value: string) => (names.includes(value) ? names.indexOf(value) + 1 : names.push(value));
  const statement = { name, text: text.replace(/(?<!:):([a-z_]+)/g, (_, value: string) => `$${place(value)}`) };
  return (values) => [statement, names.map((value) => valueOf(values, value))];
}

function valueOf(values: StatementValues, name: string): unknown {
  if (Object.hasOwn(values, name)) return values[name];
  throw new Error(`nobody says what :${name} is`);
}
