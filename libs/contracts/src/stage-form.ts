import type { DescriptorObject, DescriptorSchema } from './descriptor-schema.js';
import type { StagePage } from './stage-page.js';

/** Challenge field in which clients get the form of an external stage. */
export const STAGE_FORM_FIELD = 'gatehouse_form';

/** Types of the inputs of a described form, by the format of a text. */
const FORMAT_TYPES = {
  'data-url': 'file',
  date: 'date',
  'date-time': 'date-time',
  email: 'email',
  uri: 'url',
  uuid: 'text',
} as const;

type TextType = (typeof FORMAT_TYPES)[keyof typeof FORMAT_TYPES] | 'multiline' | 'password';

/** A member of the challenge that a described form shows. */
export interface ShownMember {
  /** Name of the challenge field. */
  readonly name: string;
  /** `image` is a picture as a data URL. */
  readonly type: 'text' | 'list' | 'image';
  readonly label?: string;
}

/** An input of a described form: a field of the response. */
export interface FormField {
  /** Name of the response field. */
  readonly name: string;
  readonly type: TextType | 'number' | 'checkbox' | 'choice';
  readonly label: string;
  readonly hint?: string;
  readonly required: boolean;
  /** The choices of a `choice`. */
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  /** The initial value, unless the challenge has a field of this name. */
  readonly initial?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Step of a number: 1 for an integer. */
  readonly step?: number;
  readonly max_length?: number;
  /** Largest size of a file, whose data URL the answer has. */
  readonly max_bytes?: number;
}

/** The form of a challenge as its stage describes it, which any client can draw. All texts are plain text. */
export interface StageForm {
  readonly title?: string;
  readonly button?: string;
  readonly shows: readonly ShownMember[];
  readonly fields: readonly FormField[];
  readonly module?: StagePageModule;
}

/** A page module whose signature was verified, and its hash for a Content-Security-Policy. */
export interface StagePageModule {
  readonly code: string;
  readonly integrity: string;
}

/** A form with the functions that the gateway needs for it. */
export interface DescribedForm {
  /** Returns the form with the stage's translations into a language. */
  readonly inLanguage: (locale: string) => StageForm;
  /** The stage's translations of its texts, by language. */
  readonly translations: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Returns an answer with the types of the response's schema in place of the texts that forms send. */
  readonly typed: (answer: Readonly<Record<string, unknown>>) => Record<string, unknown>;
}

/** The members of a descriptor that a form is made from. */
interface Described {
  readonly component: string | null;
  readonly challenge: DescriptorObject;
  readonly response: DescriptorObject;
  readonly page?: StagePage;
}

/** Names of fields that the gateway's pages add to every form. */
const RESERVED: ReadonlySet<string> = new Set(['component', 'csrf_token', 'gatehouse_step']);

/**
 * Returns the form of a stage's challenge (docs/adr/0090). Undefined for a stage without a challenge, and for one that
 * requires a field that a form cannot have, such as an object.
 */
export function describedForm({ component, challenge, response, page = {} }: Described): DescribedForm | undefined {
  const { shows, asks } = { ...fieldOrder({ challenge, response }), ...page };
  const fields = fieldsOf(asks, response);
  if (component === null || undrawnFields({ challenge, response, page }).length > 0) return undefined;
  const { title, button, translations = {} } = page;
  const shown = shows.flatMap((name) => shownMember(name, challenge.properties[name]) ?? []);
  const form = { ...(title && { title }), ...(button && { button }), shows: shown, fields };
  // Built only when a visitor needs it: a hostile descriptor may have thousands of languages, which would exhaust the
  // memory.
  const inLanguages = new Map<string, StageForm>();
  const inLanguage = (locale: string) => {
    if (!Object.hasOwn(translations, locale)) return form;
    const made = inLanguages.get(locale) ?? translated(form, translations[locale]!);
    inLanguages.set(locale, made);
    return made;
  };
  return {
    translations,
    inLanguage,
    typed: (answer) => typedAnswer(answer, fields, response.properties),
  };
}

const fieldsOf = (asks: readonly string[], response: DescriptorObject) =>
  asks.flatMap((name) => fieldOf(name, response) ?? []);

/** Returns the required fields of a response that a form cannot have. If there are any, no form is shown. */
export function undrawnFields({ challenge, response, page = {} }: Omit<Described, 'component'>): string[] {
  const { asks } = { ...fieldOrder({ challenge, response }), ...page };
  const drawn = new Set(fieldsOf(asks, response).map(({ name }) => name));
  return response.required.filter((name) => !drawn.has(name));
}

/**
 * Returns the fields that a page shows and asks for if its descriptor does not list them: the texts and lists of the
 * challenge, without initial values of fields, and all fields of the response.
 */
export function fieldOrder({ challenge, response }: Pick<Described, 'challenge' | 'response'>) {
  const shows = Object.entries(challenge.properties).filter(
    ([name, schema]) =>
      ['string', 'array'].includes(essenceOf(schema).type ?? '') && !Object.hasOwn(response.properties, name),
  );
  return { shows: shows.map(([name]) => name), asks: Object.keys(response.properties) };
}

function shownMember(name: string, schema: DescriptorSchema | undefined): ShownMember | undefined {
  const type = schema && shownType(schema);
  return type && { name, type, ...(schema.title && { label: schema.title }) };
}

function shownType(schema: DescriptorSchema): ShownMember['type'] | undefined {
  const { type, format, items } = essenceOf(schema);
  if (type === 'array') return items && essenceOf(items).type === 'string' ? 'list' : undefined;
  if (type === 'string') return format === 'data-url' ? 'image' : 'text';
  return type === 'integer' || type === 'number' ? 'text' : undefined;
}

function fieldOf(name: string, { properties, required }: DescriptorObject): FormField | undefined {
  const schema = properties[name];
  const type = schema && !RESERVED.has(name) ? inputType(essenceOf(schema)) : undefined;
  if (!schema || !type) return undefined;
  const { title, description } = schema;
  return {
    name,
    type,
    label: title ?? name,
    ...(description && { hint: description }),
    required: required.includes(name),
    ...(type === 'choice' && { options: optionsOf(schema) }),
    ...initialOf(type, schema),
    ...limitsOf(type, essenceOf(schema)),
  };
}

/**
 * Returns the initial value of a field. A page never contains a secret's value, and browsers accept no initial value
 * for a file.
 */
function initialOf(type: FormField['type'], { default: initial, 'x-secret': isSecret }: DescriptorSchema) {
  const isScalar = ['string', 'number', 'boolean'].includes(typeof initial);
  return isScalar && !isSecret && type !== 'file' ? { initial: String(initial) } : {};
}

function limitsOf(type: FormField['type'], { minimum, maximum, maxLength, type: valueType }: Essence) {
  if (type === 'file') return maxLength === undefined ? {} : { max_bytes: fileSize(maxLength) };
  return {
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(type === 'number' && valueType === 'integer' && { step: 1 }),
    ...(maxLength !== undefined && { max_length: maxLength }),
  };
}

/** Largest number of characters of a data URL before its data. */
const DATA_URL_PREFIX = 128;

/** Returns the size of the largest file, in bytes, whose data URL has at most `maxLength` characters. */
const fileSize = (maxLength: number) => Math.max(0, Math.floor((maxLength - DATA_URL_PREFIX) / 4) * 3);

function inputType(schema: Essence): FormField['type'] | undefined {
  if (schema.enum ?? schema.oneOf) return 'choice';
  if (schema.type === 'boolean') return 'checkbox';
  const isNumber = schema.type === 'integer' || schema.type === 'number';
  if (schema['x-secret'] && (isNumber || schema.type === 'string')) return 'password';
  if (isNumber) return 'number';
  if (schema.type !== 'string') return undefined;
  if (schema['x-multiline']) return 'multiline';
  return schema.format ? FORMAT_TYPES[schema.format] : 'text';
}

/** A schema with a single type. */
type Essence = Omit<DescriptorSchema, 'type'> & { readonly type?: string | undefined };

/** Returns the schema of the values other than null. */
function essenceOf({ anyOf, ...schema }: DescriptorSchema): Essence {
  const variant = anyOf?.find(({ type }) => type !== 'null');
  const { type, ...rest }: DescriptorSchema = { ...variant, ...schema };
  return { ...rest, type: Array.isArray(type) ? type.find((name) => name !== 'null') : type };
}

function optionsOf(schema: DescriptorSchema) {
  const { oneOf, enum: values = [] } = essenceOf(schema);
  const choices = oneOf ?? values.map((value) => ({ const: value, title: undefined }));
  return choices
    .filter((choice) => choice.const !== null)
    .map(({ const: value, title }) => ({ value: String(value), label: title ?? String(value) }));
}

function translated(form: StageForm, texts: Readonly<Record<string, string>>): StageForm {
  const own = (text: string) => (Object.hasOwn(texts, text) ? texts[text]! : text);
  const { title, button, shows, fields } = form;
  return {
    ...(title && { title: own(title) }),
    ...(button && { button: own(button) }),
    shows: shows.map((member) => ({ ...member, ...(member.label && { label: own(member.label) }) })),
    fields: fields.map(({ label, hint, options, ...field }) => ({
      ...field,
      label: own(label),
      ...(hint && { hint: own(hint) }),
      ...(options && { options: options.map(({ value, label: text }) => ({ value, label: own(text) })) }),
    })),
  };
}

type Answer = Readonly<Record<string, unknown>>;

/** Types of inputs for which an empty text is a valid value. */
const MAY_BE_EMPTY: ReadonlySet<string> = new Set(['text', 'multiline', 'password']);

function typedAnswer(answer: Answer, fields: readonly FormField[], schemas: Record<string, DescriptorSchema>) {
  const entries = fields.flatMap(({ name, type, required }) => {
    const value = answer[name];
    if (!Object.hasOwn(answer, name)) return [];
    const { type: valueType } = essenceOf(schemas[name]!);
    if (value === '' && !required && !(MAY_BE_EMPTY.has(type) && valueType === 'string'))
      return [[name, undefined] as const];
    return [[name, typedValue(value, schemas[name]!)] as const];
  });
  const typed: Record<string, unknown> = { ...answer, ...Object.fromEntries(entries) };
  return Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== undefined));
}

/** Matches the date-time that a browser without JavaScript sends. It counts as UTC. */
const LOCAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/;
/** Length of a time without seconds. */
const MINUTES = 16;

const NUMBER = /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i;

/**
 * Returns a text converted to the type of the schema. If that is not possible, returns the text, which the stage then
 * refuses.
 */
function typedValue(value: unknown, schema: DescriptorSchema): unknown {
  if (typeof value !== 'string') return value;
  const { type, format, enum: values = [], oneOf = [] } = essenceOf(schema);
  const choices = [...values, ...oneOf.map((choice) => choice.const)];
  if (choices.length > 0) return choices.find((choice) => choice !== null && String(choice) === value) ?? value;
  if (type === 'boolean') return BOOLEANS.get(value) ?? value;
  if (type === 'integer' || type === 'number') return numberOf(value) ?? value;
  return format === 'date-time' && LOCAL_TIME.test(value) ? `${value}${value.length === MINUTES ? ':00' : ''}Z` : value;
}

/** Returns the number that a text represents. Undefined for infinite numbers, which JSON would turn into null. */
function numberOf(text: string): number | undefined {
  const number = NUMBER.test(text) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : undefined;
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);
