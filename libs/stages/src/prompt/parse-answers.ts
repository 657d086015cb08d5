import { type Errors, fieldErrors, NON_FIELD_ERRORS, pythonText } from '@gatehouse/contracts';
import { fieldSchema } from './field-schemas.js';
import type { FormLimits } from './prompt.config.js';
import { type FormField, fixedValue, isTruthy } from './prompt-form.js';

type Values = Readonly<Record<string, unknown>>;
type FieldResult = { readonly value: unknown } | { readonly errors: Errors[string] } | undefined;

/** The values of a response by field key, or its errors. */
export type ParsedAnswers = { readonly values: Values } | { readonly errors: Errors };

/** Limits of a form, and the keys of its usernames that are taken. */
export interface AnswerRules extends FormLimits {
  readonly takenKeys?: readonly string[];
}

/** Types whose value never comes from the response. */
const FIXED: ReadonlySet<string> = new Set(['hidden', 'static', 'text_read_only', 'text_area_read_only']);

/** Types for which an empty optional field means no value (docs/spec/stages.md#prompt-answers). */
const EMPTY_MEANS_ABSENT: ReadonlySet<string> = new Set([
  'username',
  'password',
  'number',
  'date',
  'date-time',
  'file',
]);

/** Parses a response by the fields of the form. Drops values of unknown keys. */
export function parseAnswers(form: readonly FormField[], body: Values, rules: AnswerRules): ParsedAnswers {
  const results = form.map((field) => [field.field_key, parseField(field, body, rules)] as const);
  const errors = results.flatMap(([key, result]) =>
    result && 'errors' in result ? [[key, result.errors] as const] : [],
  );
  if (errors.length > 0) return { errors: Object.fromEntries(errors) };
  if (passwordsDiffer(form, body)) return { errors: { [NON_FIELD_ERRORS]: [{ code: 'prompt_passwords_differ' }] } };
  return {
    values: Object.fromEntries(
      results.flatMap(([key, result]) => (result && 'value' in result ? [[key, result.value]] : [])),
    ),
  };
}

/** Returns the valid usernames in a response, with their field keys. */
export function enteredNames(
  form: readonly FormField[],
  body: Values,
  limits: FormLimits,
): [key: string, name: string][] {
  const fields = form.filter(({ type, locked }) => type === 'username' && !locked);
  return fields.flatMap((field) => {
    const result = parseField(field, body, limits);
    return result && 'value' in result && typeof result.value === 'string' ? [[field.field_key, result.value]] : [];
  });
}

/** Returns the keys of the password fields of a form. */
export const passwordKeys = (form: readonly FormField[]): string[] =>
  form.filter(({ type }) => type === 'password').map(({ field_key }) => field_key);

/**
 * Returns whether the password fields of a form, which must repeat one password, have different values. A missing value
 * differs from a present one (docs/spec/stages.md#prompt-answers).
 */
function passwordsDiffer(form: readonly FormField[], body: Values): boolean {
  const passwords = passwordKeys(form.filter(({ locked }) => !locked)).map((key) => own(body, key) || undefined);
  return new Set(passwords).size > 1;
}

function parseField(field: FormField, body: Values, rules: AnswerRules): FieldResult {
  if (field.locked || field.type === 'separator') return undefined;
  if (FIXED.has(field.type)) return { value: fixedValue(field) };
  const value = own(body, field.field_key);
  const isAbsent = value === undefined || (value === '' && !field.required && EMPTY_MEANS_ABSENT.has(field.type));
  return isAbsent ? defaultForAbsent(field, value, rules) : validate(field, value, rules);
}

function validate(field: FormField, value: unknown, { takenKeys = [], ...limits }: AnswerRules): FieldResult {
  const parsed = fieldSchema(field, limits).safeParse(value);
  if (!parsed.success) return { errors: fieldErrors(parsed.error)[NON_FIELD_ERRORS] ?? [] };
  return takenKeys.includes(field.field_key) ? { errors: [{ code: 'prompt_username_taken' }] } : { value: parsed.data };
}

/**
 * Returns the result of a field without a value. An optional field takes the validated initial value of the form if its
 * key is missing, and no value if it was emptied. An unticked checkbox has no value, because clients do not send it
 * (docs/spec/stages.md#prompt-answers).
 */
function defaultForAbsent(field: FormField, value: unknown, rules: AnswerRules): FieldResult {
  const { initial, required, type } = field;
  if (type === 'checkbox') return undefined;
  if (required) return { errors: [{ code: 'required' }] };
  return value === undefined && isTruthy(initial) ? validate(field, pythonText(initial), rules) : undefined;
}

const own = (values: Values, key: string): unknown => (Object.hasOwn(values, key) ? values[key] : undefined);
