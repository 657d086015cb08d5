import { type Errors, fieldErrors, NON_FIELD_ERRORS, pythonText } from '@gatehouse/contracts';
import { fieldSchema } from './field-schemas.js';
import type { FormLimits } from './prompt.config.js';
import { type FormField, fixedValue } from './prompt-form.js';
import { isTrue } from './python-values.js';

type Bag = Readonly<Record<string, unknown>>;
type Read = { readonly value: unknown } | { readonly errors: Errors[string] } | undefined;

/** What was filled in, by key; or what is wrong with it. */
export type ParsedAnswers = { readonly values: Bag } | { readonly errors: Errors };

/** How much a form takes, and the keys of names that somebody else has. */
export interface AnswerRules extends FormLimits {
  readonly taken?: readonly string[];
}

/** Whose value comes from elsewhere, whatever is answered. */
const FIXED: ReadonlySet<string> = new Set(['hidden', 'static', 'text_read_only', 'text_area_read_only']);

/** Whose empty box says nothing, where it may be left empty (docs/spec/stages.md#prompt-answers). */
const EMPTY_IS_NONE: ReadonlySet<string> = new Set(['username', 'password', 'number', 'date', 'date-time', 'file']);

/** Reads an answer by the fields of the form. Of what the form does not ask for nothing is kept. */
export function parseAnswers(form: readonly FormField[], body: Bag, terms: AnswerRules): ParsedAnswers {
  const read = form.map((field) => [field.field_key, readOf(field, body, terms)] as const);
  const errors = read.flatMap(([key, one]) => (one && 'errors' in one ? [[key, one.errors] as const] : []));
  if (errors.length > 0) return { errors: Object.fromEntries(errors) };
  if (passwordsDiffer(form, body)) return { errors: { [NON_FIELD_ERRORS]: [{ code: 'prompt_passwords_differ' }] } };
  return {
    values: Object.fromEntries(read.flatMap(([key, one]) => (one && 'value' in one ? [[key, one.value]] : []))),
  };
}

/** The names that were typed into a form, by key, as far as they can be names. */
export function enteredNames(form: readonly FormField[], body: Bag, limits: FormLimits): [key: string, name: string][] {
  const names = form.filter(({ type, locked }) => type === 'username' && !locked);
  return names.flatMap((field) => {
    const read = readOf(field, body, limits);
    return read && 'value' in read && typeof read.value === 'string' ? [[field.field_key, read.value]] : [];
  });
}

/** The keys of a form's passwords. */
export const passwordKeys = (form: readonly FormField[]): string[] =>
  form.filter(({ type }) => type === 'password').map(({ field_key }) => field_key);

/**
 * All passwords of a form are one, typed again; one that is left out is another (docs/spec/stages.md#prompt-answers).
 */
function passwordsDiffer(form: readonly FormField[], body: Bag): boolean {
  const typed = passwordKeys(form.filter(({ locked }) => !locked)).map((key) => own(body, key) || undefined);
  return new Set(typed).size > 1;
}

function readOf(field: FormField, body: Bag, terms: AnswerRules): Read {
  if (field.locked || field.type === 'separator') return undefined;
  if (FIXED.has(field.type)) return { value: fixedValue(field) };
  const given = own(body, field.field_key);
  const isNone = given === undefined || (given === '' && !field.required && EMPTY_IS_NONE.has(field.type));
  return isNone ? defaultForAbsent(field, given, terms) : checked(field, given, terms);
}

function checked(field: FormField, given: unknown, { taken = [], ...limits }: AnswerRules): Read {
  const parsed = fieldSchema(field, limits).safeParse(given);
  if (!parsed.success) return { errors: fieldErrors(parsed.error)[NON_FIELD_ERRORS] ?? [] };
  return taken.includes(field.field_key) ? { errors: [{ code: 'prompt_username_taken' }] } : { value: parsed.data };
}

/**
 * What may be left out, and is, has the value that the form showed, judged like any other
 * (docs/spec/stages.md#prompt-answers). What was emptied has none, and a box that is not ticked is not even sent.
 */
function defaultForAbsent(field: FormField, given: unknown, terms: AnswerRules): Read {
  const { initial, required, type } = field;
  if (type === 'checkbox') return undefined;
  if (required) return { errors: [{ code: 'required' }] };
  return given === undefined && isTrue(initial) ? checked(field, pythonText(initial), terms) : undefined;
}

const own = (bag: Bag, key: string): unknown => (Object.hasOwn(bag, key) ? bag[key] : undefined);
