import { type Errors, fieldErrors, type Message, NON_FIELD_ERRORS, pythonText } from '@gatehouse/contracts';
import { fieldSchema } from './field-schemas.js';
import type { FormLimits } from './prompt.config.js';
import type { PromptType } from './prompt.wire.js';
import { type FormField, fixedValue, isTruthy } from './prompt-form.js';

type Values = Readonly<Record<string, unknown>>;
type FieldResult = { readonly value: unknown } | { readonly errors: Errors[string] } | undefined;

/** The values or the errors of a response, by field key. */
export type ParsedAnswers = { readonly values: Values } | { readonly errors: Errors };

/** Limits of a form, and the errors of its usernames by the keys of their fields. */
export interface AnswerRules extends FormLimits {
  readonly usernameErrors?: Readonly<Record<string, Message>>;
}

/**
 * Where the value of a field comes from (docs/spec/stages.md#prompt-answers):
 * - `none`: the field has no value
 * - `fixed`: the value comes from the form, never from the response
 * - `answer`: the value comes from the response
 * - `answer_unless_empty`: like `answer`, but an optional field that is empty in the response has no value
 */
type ValueSource = 'none' | 'fixed' | 'answer' | 'answer_unless_empty';

const VALUE_SOURCES: Readonly<Record<PromptType, ValueSource>> = {
  text: 'answer',
  text_area: 'answer',
  text_read_only: 'fixed',
  text_area_read_only: 'fixed',
  username: 'answer_unless_empty',
  email: 'answer',
  password: 'answer_unless_empty',
  number: 'answer_unless_empty',
  checkbox: 'answer',
  'radio-button-group': 'answer',
  dropdown: 'answer',
  date: 'answer_unless_empty',
  'date-time': 'answer_unless_empty',
  file: 'answer_unless_empty',
  separator: 'none',
  hidden: 'fixed',
  static: 'fixed',
  'ak-locale': 'answer',
  alert_info: 'none',
  alert_warning: 'none',
  alert_danger: 'none',
};

/** Parses a response by the fields of the form. Ignores values for keys that no field has. */
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

/** Returns the valid usernames in a response, each with the key of its field. */
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
 * Returns whether the password fields of a form have different values, because all of them must contain the same
 * password. A missing value differs from every entered value (docs/spec/stages.md#prompt-answers).
 */
function passwordsDiffer(form: readonly FormField[], body: Values): boolean {
  const passwords = passwordKeys(form.filter(({ locked }) => !locked)).map((key) => own(body, key) || undefined);
  return new Set(passwords).size > 1;
}

function parseField(field: FormField, body: Values, rules: AnswerRules): FieldResult {
  const source = VALUE_SOURCES[field.type];
  if (field.locked || source === 'none') return undefined;
  if (source === 'fixed') return { value: fixedValue(field) };
  const value = own(body, field.field_key);
  const isAbsent = value === undefined || (value === '' && !field.required && source === 'answer_unless_empty');
  return isAbsent ? defaultForAbsent(field, value, rules) : validate(field, value, rules);
}

function validate(field: FormField, value: unknown, { usernameErrors = {}, ...limits }: AnswerRules): FieldResult {
  const parsed = fieldSchema(field, limits).safeParse(value);
  if (!parsed.success) return { errors: fieldErrors(parsed.error)[NON_FIELD_ERRORS] ?? [] };
  const usernameError = own(usernameErrors, field.field_key) as Message | undefined;
  return usernameError ? { errors: [usernameError] } : { value: parsed.data };
}

/**
 * Returns the result of a field that is missing or empty in the response. A missing optional field takes its initial
 * value, which is validated. An optional field that is empty in the response has no value. An unticked checkbox has no
 * value, because clients do not send its key (docs/spec/stages.md#prompt-answers).
 */
function defaultForAbsent(field: FormField, value: unknown, rules: AnswerRules): FieldResult {
  const { initial, required, type } = field;
  if (type === 'checkbox') return undefined;
  if (required) return { errors: [{ code: 'required' }] };
  return value === undefined && isTruthy(initial) ? validate(field, pythonText(initial), rules) : undefined;
}

const own = (values: Values, key: string): unknown => (Object.hasOwn(values, key) ? values[key] : undefined);
