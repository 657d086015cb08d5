import { type Challenge, pythonLiteral, pythonText } from '@gatehouse/contracts';
import type { FieldExpression } from './evaluations.js';
import type { PromptField, promptContract } from './prompt.contract.js';
import { isTrue } from './python-values.js';

type Bag = Readonly<Record<string, unknown>>;
type PromptFieldView = Challenge<typeof promptContract>['fields'][number];

/** What a form is made from: its fields, and what is known by now. */
export interface FormInput {
  readonly fields: readonly PromptField[];
  readonly data: Bag;
  /** Keys whose values an invitation fixed. */
  readonly locked: readonly string[];
  /** Keys of passwords that were typed before. */
  readonly secrets: readonly string[];
}

/** A field with everything in it that had to be found out. */
export interface FormField extends PromptField {
  /** What it is filled in with, as it will be kept; undefined when with nothing. */
  readonly initial: unknown;
  /** Of a field to choose from. */
  readonly choices: readonly unknown[] | undefined;
  /** Whatever is answered, its value stays. */
  readonly locked: boolean;
}

const CHOICES = '__choices';
const TO_CHOOSE_FROM: ReadonlySet<string> = new Set(['radio-button-group', 'dropdown']);
/** A fixed value is drawn as what cannot be changed. */
const FIXED_AS: Readonly<Partial<Record<PromptFieldView['type'], PromptFieldView['type']>>> = {
  text: 'text_read_only',
  text_area: 'text_area_read_only',
  username: 'text_read_only',
  email: 'text_read_only',
};

const placeholderId = ({ id }: PromptField) => `${id}.placeholder`;
const initialId = ({ id }: PromptField) => `${id}.initial_value`;

/** The expressions whose values the form needs. */
export function expressionsOf({ fields, data }: FormInput): FieldExpression[] {
  return fields.flatMap((field) => {
    const { name, field_key: key, type } = field;
    const given = TO_CHOOSE_FROM.has(type) && Object.hasOwn(data, key + CHOICES);
    return [
      ...(field.placeholder_expression && !given
        ? [{ id: placeholderId(field), name, source: field.placeholder }]
        : []),
      ...(field.initial_value_expression && valueAt(data, key) === undefined
        ? [{ id: initialId(field), name, source: field.initial_value }]
        : []),
    ];
  });
}

/** The form in its order, with what its expressions came to; one that came to nothing leaves its place empty. */
export const buildForm = (making: FormInput, evaluated: Bag): FormField[] =>
  [...making.fields].sort((a, b) => a.order - b.order).map((field) => fieldOf(field, making, evaluated));

function fieldOf(field: PromptField, making: FormInput, evaluated: Bag): FormField {
  const choices = choicesOf(field, making.data, evaluated);
  const initial = initialOf(field, making, evaluated);
  return {
    ...field,
    choices,
    placeholder: choices ? '' : placeholderOf(field, evaluated),
    initial: choices ? chosen(choices, initial) : initial,
    locked: isFixed(field.field_key, making.locked),
  };
}

/** Whether an invitation fixed the value of a key, something inside of it, or what it is inside of. */
const isFixed = (key: string, locked: readonly string[]) =>
  locked.some((one) => one === key || one.startsWith(`${key}.`) || key.startsWith(`${one}.`));

function placeholderOf(field: PromptField, evaluated: Bag): string {
  if (!field.placeholder_expression) return field.placeholder;
  const value = evaluated[placeholderId(field)];
  return value === undefined ? '' : pythonText(value);
}

function choicesOf(field: PromptField, data: Bag, evaluated: Bag): unknown[] | undefined {
  if (!TO_CHOOSE_FROM.has(field.type)) return undefined;
  const key = field.field_key + CHOICES;
  const written = field.placeholder_expression ? evaluated[placeholderId(field)] : field.placeholder;
  const value = Object.hasOwn(data, key) ? data[key] : written;
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

/** A password is never filled in. What is known already counts before what is configured, and is never evaluated. */
function initialOf(field: PromptField, { data, secrets }: FormInput, evaluated: Bag): unknown {
  if (field.type === 'password' || secrets.includes(field.field_key)) return undefined;
  const known = valueAt(data, field.field_key);
  if (known !== undefined) return known;
  return field.initial_value_expression ? evaluated[initialId(field)] : field.initial_value;
}

/** Lists and objects are equal when they hold the same, as in Python. */
function chosen(choices: readonly unknown[], value: unknown): unknown {
  const wanted = pythonLiteral(value);
  return choices[Math.max(0, choices.map(pythonLiteral).indexOf(wanted))];
}

/** A value by its key: as it stands, or, of one with dots, inside of the object that the first of them name. */
function valueAt(data: Bag, key: string): unknown {
  if (Object.hasOwn(data, key)) return data[key];
  return key
    .split('.')
    .reduce<unknown>((at, name) => (isBag(at) && Object.hasOwn(at, name) ? at[name] : undefined), data);
}

const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A field as clients get it: all of it as text. */
export const toPromptField = ({
  field_key,
  label,
  type,
  required,
  order,
  sub_text,
  ...field
}: FormField): PromptFieldView => ({
  ...{ field_key, label, required, order, sub_text },
  type: field.locked ? (FIXED_AS[type] ?? type) : type,
  placeholder: field.placeholder,
  initial_value: initialText(type, field.initial),
  choices: field.choices && field.choices.length > 0 ? field.choices.map(pythonText) : null,
});

/** A box counts as ticked by any text at all. */
function initialText(type: string, initial: unknown): string {
  if (initial === undefined || (type === 'checkbox' && !isTrue(initial))) return '';
  return pythonText(initial);
}

/** The value of a field that nobody fills in: its own, else what stands in its place. */
export const fixedValue = ({ type, initial, placeholder }: FormField): unknown =>
  isTrue(initial) ? initial : type === 'hidden' || type === 'static' ? placeholder : '';
