/** Largest number of characters of a query. */
export const MAX_QUERY_LENGTH = 2000;
/** Largest nesting depth of parentheses. */
export const MAX_QUERY_DEPTH = 20;

/** The fields of an event that a query may start with. A member of `context` or `user` follows after a dot. */
const FIELDS: readonly string[] = ['action', 'app', 'brand', 'client_ip', 'context', 'created', 'user'];

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w.]*)|(>=|<=|!=|!~|[=<>~(),]))/y;

type Event = Readonly<Record<string, unknown>>;
type Scalar = string | number | boolean | null;
/** Returns whether an event matches. */
type Condition = (event: Event) => boolean;
type Comparison = (actual: unknown, expected: Scalar) => boolean;

const WORDS: Readonly<Record<string, Scalar>> = { True: true, False: false, None: null };

const isBelow: Comparison = (actual, expected) =>
  (typeof actual === 'number' && typeof expected === 'number' && actual < expected) ||
  (typeof actual === 'string' && typeof expected === 'string' && actual < expected);
const isEqual: Comparison = (actual, expected) => (actual ?? null) === expected;
const contains: Comparison = (actual, expected) =>
  typeof actual === 'string' && actual.toLowerCase().includes(String(expected).toLowerCase());
const startsWith: Comparison = (actual, expected) => typeof actual === 'string' && actual.startsWith(String(expected));
const endsWith: Comparison = (actual, expected) => typeof actual === 'string' && actual.endsWith(String(expected));
const not =
  (comparison: Comparison): Comparison =>
  (actual, expected) =>
    !comparison(actual, expected);
const isComparable = (actual: unknown, expected: Scalar) =>
  typeof actual === typeof expected && (typeof actual === 'number' || typeof actual === 'string');

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '=': isEqual,
  '!=': not(isEqual),
  '<': isBelow,
  '<=': (actual, expected) => isBelow(actual, expected) || isEqual(actual, expected),
  '>': (actual, expected) => isComparable(actual, expected) && !isBelow(actual, expected) && !isEqual(actual, expected),
  '>=': (actual, expected) => isComparable(actual, expected) && !isBelow(actual, expected),
  '~': contains,
  '!~': not(contains),
  startswith: startsWith,
  endswith: endsWith,
};

/** Thrown for a query that cannot be parsed. The message quotes the part that is wrong. */
export class EventQueryError extends Error {}

/**
 * Parses a query over the fields of an event, such as `action = "login" and context.size > 3`. Returns a function that
 * says whether an event matches. Throws EventQueryError.
 */
export function parseEventQuery(text: string): Condition {
  if (text.length > MAX_QUERY_LENGTH) throw new EventQueryError(`longer than ${MAX_QUERY_LENGTH} characters`);
  return new QueryParser(tokensOf(text)).parse();
}

/** Returns the tokens of a query. A text keeps its quotation marks. */
function tokensOf(text: string): string[] {
  const pattern = new RegExp(TOKEN);
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const start = pattern.lastIndex;
    const word = pattern.exec(text)?.[0].trim();
    if (word === undefined) throw new EventQueryError(`unexpected "${text.slice(start).trim().slice(0, 20)}"`);
    tokens.push(word);
  }
  return tokens;
}

/** A recursive descent parser: `or` binds less than `and`, which binds less than a comparison. */
class QueryParser {
  private at = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly string[]) {}

  parse(): Condition {
    const condition = this.alternatives();
    if (this.at < this.tokens.length) throw new EventQueryError(`unexpected "${this.tokens[this.at]}"`);
    return condition;
  }

  private alternatives(): Condition {
    const parts = [this.conjunction()];
    while (this.accept('or')) parts.push(this.conjunction());
    return (event) => parts.some((part) => part(event));
  }

  private conjunction(): Condition {
    const parts = [this.term()];
    while (this.accept('and')) parts.push(this.term());
    return (event) => parts.every((part) => part(event));
  }

  private term(): Condition {
    if (!this.accept('(')) return this.comparison();
    if (++this.depth > MAX_QUERY_DEPTH)
      throw new EventQueryError(`more than ${MAX_QUERY_DEPTH} parentheses inside each other`);
    const inner = this.alternatives();
    this.expect(')');
    this.depth--;
    return inner;
  }

  private comparison(): Condition {
    const path = this.next('a field').split('.');
    if (!FIELDS.includes(path[0]!))
      throw new EventQueryError(`unknown field "${path[0]}", one of ${FIELDS.join(', ')}`);
    const isNegated = this.accept('not');
    const operator = this.next('an operator').toLowerCase();
    const decide = operator === 'in' ? this.membership() : this.against(operator);
    return (event) => decide(valueAt(event, path)) !== isNegated;
  }

  private membership(): (actual: unknown) => boolean {
    this.expect('(');
    const values = [this.value()];
    while (this.accept(',')) values.push(this.value());
    this.expect(')');
    return (actual) => values.some((value) => isEqual(actual, value));
  }

  private against(operator: string): (actual: unknown) => boolean {
    const compare = Object.hasOwn(COMPARISONS, operator) ? COMPARISONS[operator] : undefined;
    if (!compare) throw new EventQueryError(`unknown operator "${operator}"`);
    const expected = this.value();
    return (actual) => compare(actual, expected);
  }

  private value(): Scalar {
    const word = this.next('a value');
    if (word.startsWith('"')) return word.slice(1, -1).replace(/\\(.)/gs, '$1');
    if (/^-?\d/.test(word)) return Number(word);
    if (!Object.hasOwn(WORDS, word))
      throw new EventQueryError(`"${word}" is not a value. Write texts in quotation marks`);
    return WORDS[word] ?? null;
  }

  private next(expected: string): string {
    const word = this.tokens[this.at++];
    if (word === undefined) throw new EventQueryError(`the query ends where ${expected} is expected`);
    return word;
  }

  private accept(word: string): boolean {
    if (this.tokens[this.at]?.toLowerCase() !== word) return false;
    this.at++;
    return true;
  }

  private expect(word: string): void {
    const found = this.next(`"${word}"`);
    if (found !== word) throw new EventQueryError(`"${word}" is expected instead of "${found}"`);
  }
}

function valueAt(event: Event, path: readonly string[]): unknown {
  let value: unknown = event;
  for (const key of path)
    value = typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Event)[key] : null;
  return value;
}
