import { contains, type JsonMap } from './json.js';

const asText = (value: unknown) => (value === null || value === undefined ? '' : String(value));
const ignoringCase = (test: (actual: string, expected: string) => boolean) => (actual: unknown, expected: unknown) =>
  test(asText(actual).toLowerCase(), asText(expected).toLowerCase());

/** Comparisons by their lookup suffix, which follows the field name after `__` as in Django. */
const lookups: Readonly<Record<string, (actual: unknown, expected: unknown) => boolean>> = {
  exact: contains,
  iexact: ignoringCase((actual, expected) => actual === expected),
  contains: (actual, expected) => asText(actual).includes(asText(expected)),
  icontains: ignoringCase((actual, expected) => actual.includes(expected)),
  startswith: (actual, expected) => asText(actual).startsWith(asText(expected)),
  istartswith: ignoringCase((actual, expected) => actual.startsWith(expected)),
  endswith: (actual, expected) => asText(actual).endsWith(asText(expected)),
  iendswith: ignoringCase((actual, expected) => actual.endsWith(expected)),
  in: (actual, expected) => Array.isArray(expected) && expected.some((candidate) => contains(actual, candidate)),
};

/** The names of all lookups. */
export const LOOKUPS = Object.keys(lookups);

/** A condition on one field of an object. */
export interface LookupCondition {
  readonly field: string;
  readonly matches: (values: JsonMap) => boolean;
}

/** Parses an identifier such as `name__startswith: x`. Returns undefined for an unknown lookup. */
export function parseLookup(expression: string, expected: unknown): LookupCondition | undefined {
  const [field = '', lookup = 'exact', ...rest] = expression.split('__');
  const test = Object.hasOwn(lookups, lookup) && rest.length === 0 ? lookups[lookup] : undefined;
  return test && { field, matches: (values) => test(values[field], expected) };
}
