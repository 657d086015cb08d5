import { z } from 'zod';
import { parseDateTime } from './date-parsing.js';
import type { FieldMessageCode } from './field-messages.js';
import { type Errors, NON_FIELD_ERRORS } from './message.js';
import { pythonText } from './python-text.js';
import { findUnstorableCharacter } from './unstorable-characters.js';

/**
 * The field types of the wire: what a client may send, what becomes of it and what is said otherwise
 * (docs/spec/fields.md#field-types). They are zod schemas whose issues carry a message code instead of a sentence.
 */

type Params = Record<string, string | number>;
type FieldIssue = readonly [code: FieldMessageCode, params?: Params];
interface Options {
  /** An absent key is fine and stays absent. */
  readonly optional?: boolean;
  /** JSON null is fine and stays null. */
  readonly nullable?: boolean;
}

class FieldValueError extends Error {
  constructor(readonly refusals: readonly FieldIssue[]) {
    super();
  }
}
const failField = (code: FieldMessageCode, params?: Params): never => {
  throw new FieldValueError([params ? [code, params] : [code]]);
};

/**
 * A zod schema out of a plain coercion; `wire` is what the published schema says of the field: what clients of the API
 * have always been told, so limits of our own are not in it.
 */
function field<T>(coerce: (value: unknown) => T, wire: Readonly<Record<string, unknown>> | z.ZodType) {
  return z
    .unknown()
    .transform((value, ctx): T => {
      try {
        return value === undefined ? failField('required') : value === null ? failField('null') : coerce(value);
      } catch (error) {
        if (!(error instanceof FieldValueError)) throw error;
        for (const [code, params] of error.refusals) {
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
  /** What is said of a value that is neither text nor a number. */
  readonly notText?: FieldMessageCode;
}

/** Text. Numbers become text; trimmed unless told otherwise; NUL and lone surrogates are refused. */
export function char(options: CharOptions = {}): z.ZodType<string> {
  const { trim = true, allowBlank = false, maxLength, minLength, notText = 'not_a_string' } = options;
  return field(
    (value) => {
      if (typeof value !== 'string' && typeof value !== 'number') return failField(notText);
      const text = trim ? pythonText(value).trim() : pythonText(value);
      if (text === '') return allowBlank ? text : failField('blank');
      const refusals: FieldIssue[] = [];
      const length = codePoints(text);
      if (maxLength !== undefined && length > maxLength) refusals.push(['max_length', { max: maxLength }]);
      if (minLength !== undefined && length < minLength) refusals.push(['min_length', { min: minLength }]);
      if (text.includes('\0')) refusals.push(['null_characters']);
      const lone = /[\uD800-\uDFFF]/u.exec(text);
      if (lone) refusals.push(characterIssue(lone[0]));
      if (refusals.length > 0) throw new FieldValueError(refusals);
      return text;
    },
    { type: 'string', ...(allowBlank ? {} : { minLength: 1 }) },
  );
}

/** Characters as the reference counts them: code points, not UTF-16 units. */
const codePoints = (text: string) => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

/** A whole number, as a number or as text (`" 12 "`, `"12.0"`, `"1_000"`). */
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

/** A number, as one or as text. */
export function number(): z.ZodType<number> {
  return field(
    (value) => {
      const text = typeof value === 'string' ? value.trim() : value;
      const isNumber = typeof text === 'number' || (typeof text === 'string' && NUMBER.test(text));
      return isNumber && Number.isFinite(Number(text)) ? Number(text) : failField('not_a_number');
    },
    { type: 'number' },
  );
}

const NUMBER = /^[+-]?(\d{1,32}(\.\d{0,32})?|\.\d{1,32})(e[+-]?\d{1,3})?$/i;

/**
 * A code of digits, kept as text so that leading zeros count; the API publishes it as a number
 * (docs/spec/fields.md#digits).
 */
export function digits(): z.ZodType<string> {
  return field(integerText, { type: 'integer' });
}

const MAX_INTEGER_TEXT = 1000;

/** Beyond what a number holds to the last digit, another one would be kept than was typed. */
function toInteger(value: unknown): number {
  const number = Number(integerText(value));
  return Number.isSafeInteger(number) ? number : failField('not_an_integer');
}

/** The sign and the digits of a whole number. */
function integerText(value: unknown): string {
  // Beyond the safe ones a number of JSON is not the one that was sent any more.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : failField('not_an_integer');
  if (typeof value !== 'string') return failField('not_an_integer');
  if (value.length > MAX_INTEGER_TEXT) return failField('max_string_length');
  const match = /^\s*([+-]?\p{Nd}+(?:_\p{Nd}+)*)(?:\.0*)?\s*$/u.exec(value);
  return match ? asciiDigits(match[1]!.replaceAll('_', '')) : failField('not_an_integer');
}

/** Unicode's decimal digits come in runs of ten, so a digit's value is its distance from the start of the runs, modulo ten. */
function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    let distance = 0;
    for (let point = digit.codePointAt(0)! - 1; /\p{Nd}/u.test(String.fromCodePoint(point)); point--) distance++;
    return String(distance % 10);
  });
}

/** A moment, as ISO 8601 text in UTC. */
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

/** Yes or no, in the spellings that forms send (`on`, `True`, `1`, …). */
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

/** One of some texts, compared by string form. */
export function choice<const T extends string>(choices: readonly [T, ...T[]]): z.ZodType<T> {
  return field(
    (value) => choices.find((c) => c === pythonText(value)) ?? failField('not_a_choice', { input: pythonText(value) }),
    { type: 'string', enum: choices },
  );
}

/** A JSON object, as it is; NUL and lone surrogates in its texts are refused, which no store of JSON takes. */
export function jsonObject(): z.ZodType<Record<string, unknown>> {
  return field(
    (value) => {
      if (wireTypeName(value) !== 'dict') return failField('not_a_json_object');
      const odd = findUnstorableCharacter(value);
      return odd === undefined ? (value as Record<string, unknown>) : failField(...characterIssue(odd));
    },
    { type: 'object', additionalProperties: {} },
  );
}

/** What is said of NUL, or of half a surrogate pair. */
const characterIssue = (odd: string): FieldIssue =>
  odd === '\0'
    ? ['null_characters']
    : ['surrogate_characters', { code_point: odd.charCodeAt(0).toString(16).toUpperCase() }];

/** An object with fields of its own. */
export function nested<S extends z.ZodRawShape>(shape: z.ZodObject<S>): z.ZodType<z.output<z.ZodObject<S>>> {
  const object = (value: unknown) =>
    wireTypeName(value) === 'dict' ? (value as object) : failField('not_an_object', { type: wireTypeName(value) });
  return field(object, shape).pipe(shape as z.ZodType<z.output<z.ZodObject<S>>, object>);
}

/** Allows the key to be absent, or null, or both, without touching what else the field says. */
export function optionalNullable<T>(
  type: z.ZodType<T>,
  options: Options & { nullable: true; optional: true },
): z.ZodType<T | null | undefined>;
export function optionalNullable<T>(type: z.ZodType<T>, options: Options & { nullable: true }): z.ZodType<T | null>;
export function optionalNullable<T>(
  type: z.ZodType<T>,
  options: Options & { optional: true },
): z.ZodType<T | undefined>;
export function optionalNullable(type: z.ZodType, { optional, nullable }: Options): z.ZodType {
  const maybeNull = nullable ? type.nullable() : type;
  return optional ? maybeNull.optional() : maybeNull;
}

/** The name that the wire gives to a JSON value's type. */
export function wireTypeName(value: unknown): 'str' | 'list' | 'int' | 'float' | 'bool' | 'dict' | 'null' {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'dict';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'int' : 'float';
}

/** What is wrong with a body that is JSON but no object; undefined for an object. */
export function bodyErrors(body: unknown): Errors | undefined {
  const type = wireTypeName(body);
  if (type === 'dict') return undefined;
  const code = type === 'null' ? 'no_data' : 'not_an_object';
  return { [NON_FIELD_ERRORS]: [type === 'null' ? { code } : { code, params: { type } }] };
}

/** The refusals of a parsed answer, by field. */
export function fieldErrors(error: z.ZodError): Errors {
  const found: Errors = {};
  for (const issue of error.issues) {
    const name = issue.path.length > 0 ? String(issue.path[0]) : NON_FIELD_ERRORS;
    const given =
      issue.code === 'custom' ? (issue.params?.['message'] as Errors[string][number] | undefined) : undefined;
    (found[name] ??= []).push(given ?? { text: issue.message });
  }
  return found;
}
