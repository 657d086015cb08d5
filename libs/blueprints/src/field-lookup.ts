import { contains, type JsonMap } from './json.js';

const text = (value: unknown) => (value === null || value === undefined ? '' : String(value));
const ignoringCase = (test: (have: string, want: string) => boolean) => (have: unknown, want: unknown) =>
  test(text(have).toLowerCase(), text(want).toLowerCase());

/** How a field can be compared, by the ending of its name after `__`. */
const lookups: Readonly<Record<string, (have: unknown, want: unknown) => boolean>> = {
  exact: contains,
  iexact: ignoringCase((have, want) => have === want),
  contains: (have, want) => text(have).includes(text(want)),
  icontains: ignoringCase((have, want) => have.includes(want)),
  startswith: (have, want) => text(have).startsWith(text(want)),
  istartswith: ignoringCase((have, want) => have.startsWith(want)),
  endswith: (have, want) => text(have).endsWith(text(want)),
  iendswith: ignoringCase((have, want) => have.endsWith(want)),
  in: (have, want) => Array.isArray(want) && want.some((one) => contains(have, one)),
};

/** One condition on an object: a field, and what must be true of its value. */
export interface LookupCondition {
  readonly field: string;
  readonly holds: (values: JsonMap) => boolean;
}

/** Reads `name__startswith: x`; undefined for a lookup that there is none of. */
export function parseLookup(expression: string, wanted: unknown): LookupCondition | undefined {
  const [field = '', lookup = 'exact', ...rest] = expression.split('__');
  const test = Object.hasOwn(lookups, lookup) && rest.length === 0 ? lookups[lookup] : undefined;
  return test && { field, holds: (values) => test(values[field], wanted) };
}
