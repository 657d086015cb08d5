import { z } from 'zod';
import { changedIn2026 } from './api-fields.js';
import { parseDateTime } from './date-parsing.js';
import type { FieldMessageCode } from './field-messages.js';
import { type Errors, type Message, NON_FIELD_ERRORS } from './message.js';
import { pythonStrip, pythonText } from './python-text.js';
import { findUnstorableCharacter } from './unstorable-characters.js';

/**
 * The field types of the HTTP API (docs/spec/fields.md#field-types): zod schemas that coerce values as authentik does,
 * and whose issues carry a message code instead of a sentence.
 */

type Params = Record<string, string | number>;
type FieldIssue = readonly [code: FieldMessageCode, params?: Params];
interface Optionality {
  /** Whether the field may be absent. An absent field gets no default. */
  readonly optional?: boolean;
  /** Whether the value may be null. The parsed value is then null too. */
  readonly nullable?: boolean;
}

class FieldValueError extends Error {
  constructor(readonly issues: readonly FieldIssue[]) {
    super();
  }
}
const failField = (code: FieldMessageCode, params?: Params): never => {
  throw new FieldValueError([params ? [code, params] : [code]]);
};

/**
 * Returns a zod schema that coerces a value. `wire` is the JSON Schema of the field in the published schema. It equals
 * authentik's, so it omits limits that only Gatehouse has.
 */
function field<T>(coerce: (value: unknown) => T, wire: Readonly<Record<string, unknown>> | z.ZodType) {
  return z
    .unknown()
    .transform((value, ctx): T => {
      try {
        return value === undefined ? failField('required') : value === null ? failField('null') : coerce(value);
      } catch (error) {
        if (!(error instanceof FieldValueError)) throw error;
        for (const [code, params] of error.issues) {
          ctx.addIssue({ code: 'custom', message: code, params: { message: params ? { code, params } : { code } } });
        }
        return z.NEVER;
      }
    })
    .meta({ wire });
}

interface CharOptions {
  readonly trim?: boolean;
  readonly allowBlank?: boolean;
  readonly maxLength?: number;
  readonly minLength?: number;
  /** Message code for a value that is neither text nor a number. */
  readonly notTextCode?: FieldMessageCode;
}

/**
 * Returns the schema of a text field. It converts numbers to text, trims by default, and refuses NUL and lone
 * surrogates.
 */
export function char(options: CharOptions = {}): z.ZodType<string> {
  const { trim = true, allowBlank = false, maxLength, minLength, notTextCode = 'not_a_string' } = options;
  return field(
    (value) => {
      if (typeof value !== 'string' && typeof value !== 'number') return failField(notTextCode);
      const text = trim ? pythonStrip(pythonText(value)) : pythonText(value);
      if (text === '') return allowBlank ? text : failField('blank');
      const issues: FieldIssue[] = [];
      const length = countCodePoints(text);
      if (maxLength !== undefined && length > maxLength) issues.push(['max_length', { max: maxLength }]);
      if (minLength !== undefined && length < minLength) issues.push(['min_length', { min: minLength }]);
      if (text.includes('\0')) issues.push(['null_characters']);
      const lone = /[\uD800-\uDFFF]/u.exec(text);
      if (lone) issues.push(characterIssue(lone[0]));
      if (issues.length > 0) throw new FieldValueError(issues);
      return text;
    },
    { type: 'string', ...(allowBlank ? {} : { minLength: 1 }) },
  );
}

/** Returns the number of code points, not of UTF-16 units, because authentik counts lengths this way. */
const countCodePoints = (text: string) => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

/** Returns the schema of an integer field. It accepts a number, or text such as `" 12 "`, `"12.0"` and `"1_000"`. */
export function integer({ min, max }: { min?: number; max?: number } = {}): z.ZodType<number> {
  return field(
    (value) => {
      const number = toInteger(value);
      if (max !== undefined && number > max) return failField('max_value', { max });
      if (min !== undefined && number < min) return failField('min_value', { min });
      return number;
    },
    { type: 'integer', ...(min === undefined ? {} : { minimum: min }), ...(max === undefined ? {} : { maximum: max }) },
  );
}

/** Returns the schema of a number field. It accepts a JSON number, or text that contains one. */
export function number({ min }: { min?: number } = {}): z.ZodType<number> {
  return field(
    (value) => {
      const text = typeof value === 'string' ? pythonStrip(value) : value;
      const isNumber = typeof text === 'number' || (typeof text === 'string' && NUMBER.test(text));
      if (!isNumber || !Number.isFinite(Number(text))) return failField('not_a_number');
      return min !== undefined && Number(text) < min ? failField('min_value', { min }) : Number(text);
    },
    { type: 'number', ...(min === undefined ? {} : { minimum: min }) },
  );
}

const NUMBER = /^[+-]?(\d{1,32}(\.\d{0,32})?|\.\d{1,32})(e[+-]?\d{1,3})?$/i;

/**
 * Returns the schema of a code of digits. The parsed value is text, so that leading zeros are significant. The
 * published schema of 2024.8 calls it an integer, later ones a text (docs/spec/fields.md#digits).
 */
export function digits(): z.ZodType<string> {
  return changedIn2026(field(integerText, { type: 'string', minLength: 1 }), field(integerText, { type: 'integer' }));
}

const MAX_INTEGER_TEXT = 1000;

/**
 * Returns a value as an integer. Refuses integers beyond the safe range, which a JavaScript number cannot hold exactly.
 */
function toInteger(value: unknown): number {
  const number = Number(integerText(value));
  return Number.isSafeInteger(number) ? number : failField('not_an_integer');
}

/** Returns the sign and the ASCII digits of a whole number. */
function integerText(value: unknown): string {
  // Refuse a number beyond the safe range, because JSON.parse has already rounded it.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : failField('not_an_integer');
  if (typeof value !== 'string') return failField('not_an_integer');
  if (value.length > MAX_INTEGER_TEXT) return failField('max_string_length');
  const match = /^([+-]?\p{Nd}+(?:_\p{Nd}+)*)(?:\.0*)?$/u.exec(pythonStrip(value));
  return match ? asciiDigits(match[1]!.replaceAll('_', '')) : failField('not_an_integer');
}

/**
 * Returns text with all Unicode decimal digits as ASCII digits. Unicode assigns digits in runs of ten, and runs may
 * adjoin, so the value of a digit is its distance from the first adjoining digit, modulo ten.
 */
function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    let distance = 0;
    for (let point = digit.codePointAt(0)! - 1; /\p{Nd}/u.test(String.fromCodePoint(point)); point--) distance++;
    return String(distance % 10);
  });
}

/** Returns the schema of a date-time field. The parsed value is ISO 8601 text in UTC. */
export function dateTime(): z.ZodType<string> {
  return field((value) => parseDateTime(value)?.value ?? failField('not_a_moment'), {
    type: 'string',
    format: 'date-time',
  });
}

const TRUE_VALUES = new Set(['t', 'T', 'y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON', '1']);
const FALSE_VALUES = new Set([
  'f',
  'F',
  'n',
  'N',
  'no',
  'No',
  'NO',
  'false',
  'False',
  'FALSE',
  'off',
  'Off',
  'OFF',
  '0',
]);

/** Returns the schema of a boolean field. It accepts the spellings that forms send (`on`, `True`, `1`, …). */
export function boolean(): z.ZodType<boolean> {
  return field(
    (value) => {
      if (typeof value === 'boolean') return value;
      const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
      return TRUE_VALUES.has(text) ? true : FALSE_VALUES.has(text) ? false : failField('not_a_boolean');
    },
    { type: 'boolean' },
  );
}

/**
 * Returns the schema of a field that allows only the given strings. It compares the Python string form of the value.
 */
export function choice<const T extends string>(choices: readonly [T, ...T[]]): z.ZodType<T> {
  return field(
    (value) =>
      choices.find((allowed) => allowed === pythonText(value)) ??
      failField('not_a_choice', { input: pythonText(value) }),
    { type: 'string', enum: choices },
  );
}

/**
 * Returns the schema of a JSON object, which stays unchanged. It refuses NUL and lone surrogates in strings, because
 * Postgres cannot store them.
 */
export function jsonObject(): z.ZodType<Record<string, unknown>> {
  return field(
    (value) => {
      if (wireTypeName(value) !== 'dict') return failField('not_a_json_object');
      const character = findUnstorableCharacter(value);
      return character === undefined ? (value as Record<string, unknown>) : failField(...characterIssue(character));
    },
    { type: 'object', additionalProperties: {} },
  );
}

/** Returns the issue for NUL or for a lone surrogate. */
const characterIssue = (character: string): FieldIssue =>
  character === '\0'
    ? ['null_characters']
    : ['surrogate_characters', { code_point: character.charCodeAt(0).toString(16).toUpperCase() }];

/**
 * Returns the error of a value that contains NUL or a lone surrogate, which Postgres cannot store; `undefined` for any
 * other value.
 */
export function storageError(value: unknown): Message | undefined {
  const character = findUnstorableCharacter(value);
  if (character === undefined) return undefined;
  const [code, params] = characterIssue(character);
  return { code, params };
}

/** Returns the schema of an object with typed fields. */
export function nested<S extends z.ZodRawShape>(shape: z.ZodObject<S>): z.ZodType<z.output<z.ZodObject<S>>> {
  const object = (value: unknown) =>
    wireTypeName(value) === 'dict' ? (value as object) : failField('not_an_object', { type: wireTypeName(value) });
  return field(object, shape).pipe(shape as z.ZodType<z.output<z.ZodObject<S>>, object>);
}

/** Returns a schema that also allows an absent field, null, or both. `type` parses all other values. */
export function optionalNullable<T>(
  type: z.ZodType<T>,
  options: Optionality & { nullable: true; optional: true },
): z.ZodType<T | null | undefined>;
export function optionalNullable<T>(type: z.ZodType<T>, options: Optionality & { nullable: true }): z.ZodType<T | null>;
export function optionalNullable<T>(
  type: z.ZodType<T>,
  options: Optionality & { optional: true },
): z.ZodType<T | undefined>;
export function optionalNullable(type: z.ZodType, { optional, nullable }: Optionality): z.ZodType {
  const maybeNull = nullable ? type.nullable() : type;
  return optional ? maybeNull.optional() : maybeNull;
}

/** Returns the Python name of a JSON value's type, for error messages. */
export function wireTypeName(value: unknown): 'str' | 'list' | 'int' | 'float' | 'bool' | 'dict' | 'null' {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'dict';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'int' : 'float';
}

/** Returns the errors of a JSON body that is not an object, undefined for an object. */
export function bodyErrors(body: unknown): Errors | undefined {
  const type = wireTypeName(body);
  if (type === 'dict') return undefined;
  const code = type === 'null' ? 'no_data' : 'not_an_object';
  return { [NON_FIELD_ERRORS]: [type === 'null' ? { code } : { code, params: { type } }] };
}

/** Returns the errors of a failed parse, by field. */
export function fieldErrors(error: z.ZodError): Errors {
  const errors = new Map<string, Errors[string][number][]>();
  for (const issue of error.issues) {
    const name = issue.path.length > 0 ? String(issue.path[0]) : NON_FIELD_ERRORS;
    const message =
      issue.code === 'custom' ? (issue.params?.['message'] as Errors[string][number] | undefined) : undefined;
    errors.set(name, [...(errors.get(name) ?? []), message ?? { text: issue.message }]);
  }
  return Object.fromEntries(errors);
}
