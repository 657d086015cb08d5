/** Values that earlier steps of a case have captured, by name. */
export type Captured = Record<string, unknown>;

/** Thrown for a response that is not as expected, with the path of the difference. */
export class MismatchError extends Error {}

type Kind = 'string' | 'int' | 'number' | 'bool' | 'array' | 'object' | 'null' | 'any';

/** An expectation other than a plain value. All its members must hold. */
interface Matcher {
  readonly any?: Kind;
  readonly regex?: string;
  readonly absent?: true;
  readonly length?: number;
  readonly item?: unknown;
  readonly contains?: unknown;
  readonly not?: unknown;
  readonly from?: string;
  /** The name by which later steps can use the value. */
  readonly capture?: string;
}

const MEMBERS: ReadonlySet<string> = new Set<keyof Matcher>([
  ...(['any', 'regex', 'absent', 'length', 'item', 'contains', 'not', 'from', 'capture'] as const),
]);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isMatcher = (value: unknown): value is Matcher =>
  isObject(value) && Object.keys(value).length > 0 && Object.keys(value).every((key) => MEMBERS.has(key));

/** Replaces `${NAME}` in a text by the captured value. */
export const filledIn = (text: string, captured: Captured): string =>
  text.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => (name in captured ? String(captured[name]) : whole));

/** Returns a captured value. Throws MismatchError if there is none. */
export function capturedValue(captured: Captured, name: string): unknown {
  if (!(name in captured)) throw new MismatchError(`no earlier step has captured ${name}`);
  return captured[name];
}

/** The path of a value, and the captured values that its expectation may use. */
export interface Place {
  readonly path: string;
  readonly captured: Captured;
}

const below = ({ path, captured }: Place, part: string): Place => ({ path: path + part, captured });

/** Throws MismatchError unless a value is as expected. An object may have more members, a list no more items. */
export function compare(expected: unknown, actual: unknown, place: Place): void {
  const { path, captured } = place;
  if (isMatcher(expected)) return compareBy(expected, actual, place);
  const expectsList = Array.isArray(expected);
  if (expectsList) {
    expectThat(Array.isArray(actual) && actual.length === expected.length, { path, actual, expected });
    for (const [i, item] of expected.entries()) compare(item, (actual as unknown[])[i], below(place, `[${i}]`));
    return;
  }
  if (!isObject(expected)) {
    const wanted = typeof expected === 'string' ? filledIn(expected, captured) : expected;
    return expectThat(actual === wanted, { path, actual, expected: wanted });
  }
  expectThat(isObject(actual), { path, actual, expected });
  const members = Object.entries(expected);
  if (members.length === 0) expectThat(Object.keys(actual as object).length === 0, { path, actual, expected });
  for (const [name, member] of members)
    compare(member, (actual as Record<string, unknown>)[name], below(place, `.${name}`));
}

function compareBy(matcher: Matcher, actual: unknown, place: Place): void {
  const { captured, path } = place;
  const comparison = { path, actual, expected: matcher };
  if (matcher.absent) return expectThat(actual === undefined, comparison);
  expectThat(actual !== undefined, comparison);
  if (matcher.any !== undefined) expectThat(isOf(matcher.any, actual), comparison);
  if (matcher.regex !== undefined)
    expectThat(typeof actual === 'string' && new RegExp(filledIn(matcher.regex, captured)).test(actual), comparison);
  if (matcher.length !== undefined)
    expectThat((actual as { readonly length?: number } | null)?.length === matcher.length, comparison);
  if (matcher.from !== undefined)
    expectThat(JSON.stringify(actual) === JSON.stringify(capturedValue(captured, matcher.from)), comparison);
  if (matcher.item !== undefined) {
    expectThat(Array.isArray(actual), comparison);
    for (const item of actual as unknown[]) compare(matcher.item, item, below(place, '[]'));
  }
  if (matcher.not !== undefined) expectThat(!isLike(matcher.not, actual, captured), comparison);
  for (const part of matcher.contains === undefined ? [] : [matcher.contains].flat())
    expectThat(hasPart(actual, part, captured), comparison);
  if (matcher.capture !== undefined) captured[matcher.capture] = actual;
}

function isOf(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'any':
      return true;
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'int':
      return Number.isInteger(value);
    case 'bool':
      return typeof value === 'boolean';
    case 'number':
    case 'string':
      return typeof value === kind;
  }
}

const hasPart = (actual: unknown, part: unknown, captured: Captured): boolean =>
  typeof actual === 'string'
    ? actual.includes(filledIn(String(part), captured))
    : Array.isArray(actual) && actual.some((item) => isLike(part, item, captured));

function isLike(expected: unknown, actual: unknown, captured: Captured): boolean {
  try {
    compare(expected, actual, { path: '', captured });
    return true;
  } catch (error) {
    if (error instanceof MismatchError) return false;
    throw error;
  }
}

interface Comparison {
  readonly path: string;
  readonly actual: unknown;
  readonly expected: unknown;
}

function expectThat(holds: boolean, { path, actual, expected }: Comparison): void {
  if (holds) return;
  throw new MismatchError(`${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual) ?? 'nothing'}`);
}
