import { type Challenge, pythonLiteral, pythonText } from '@gatehouse/contracts';
import type { FieldExpression } from './form-policy.client.js';
import type { PromptField, promptContract } from './prompt.contract.js';
import type { PromptType } from './prompt.wire.js';

type Values = Readonly<Record<string, unknown>>;
type PromptFieldView = Challenge<typeof promptContract>['fields'][number];

/** The configured fields of a form, and the values that the plan already has for them. */
export interface FormInput {
  readonly fields: readonly PromptField[];
  readonly data: Values;
  /** Dotted paths of the values that an invitation has fixed. */
  readonly locked: readonly string[];
  /** Field keys of passwords that the visitor has entered in earlier forms. */
  readonly secrets: readonly string[];
  /** Whether a choice may be an object with `label` and `value`, which authentik has allowed since 2026.8. */
  readonly objectChoices: boolean;
}

/** A choice of a field: the value by which a response selects it, and the text that clients show. */
export interface FieldChoice {
  readonly value: unknown;
  readonly label: unknown;
}

/** A field whose expressions were evaluated. */
export interface FormField extends PromptField {
  /** Initial value in the type that the context stores. `undefined` if the field has no initial value. */
  readonly initial: unknown;
  /** Choices of a radio button group or dropdown. */
  readonly choices: readonly FieldChoice[] | undefined;
  /** Whether an invitation has fixed the value, so that a response cannot change it. */
  readonly locked: boolean;
}

const CHOICES = '__choices';
const CHOICE_TYPES: ReadonlySet<PromptType> = new Set(['radio-button-group', 'dropdown']);
/** Types that clients see for a field with a fixed value. */
const READ_ONLY_TYPES: Readonly<Partial<Record<PromptType, PromptType>>> = {
  text: 'text_read_only',
  text_area: 'text_area_read_only',
  username: 'text_read_only',
  email: 'text_read_only',
};

const placeholderId = ({ id }: PromptField) => `${id}.placeholder`;
const initialId = ({ id }: PromptField) => `${id}.initial_value`;

/** Returns the expressions that the form needs. It needs no expression whose value the plan already has. */
export function expressionsOf({ fields, data }: FormInput): FieldExpression[] {
  return fields.flatMap((field) => {
    const { name, field_key: key, type } = field;
    const hasChoices = CHOICE_TYPES.has(type) && Object.hasOwn(data, key + CHOICES);
    return [
      ...(field.placeholder_expression && !hasChoices
        ? [{ id: placeholderId(field), name, source: field.placeholder }]
        : []),
      ...(field.initial_value_expression && valueAt(data, key) === undefined
        ? [{ id: initialId(field), name, source: field.initial_value }]
        : []),
    ];
  });
}

/**
 * Returns the sorted fields of a form, with each expression replaced by its result in `evaluated`. If an expression has
 * no result, the property is empty.
 */
export const buildForm = (input: FormInput, evaluated: Values): FormField[] =>
  [...input.fields].sort((a, b) => a.order - b.order).map((field) => fieldOf(field, input, evaluated));

function fieldOf(field: PromptField, input: FormInput, evaluated: Values): FormField {
  const toChoice = input.objectChoices ? objectChoice : plainChoice;
  const choices = rawChoicesOf(field, input.data, evaluated)?.map(toChoice);
  const initial = initialOf(field, input, evaluated);
  return {
    ...field,
    choices,
    placeholder: choices ? '' : placeholderOf(field, evaluated),
    initial: choices ? selectChoice(choices, toChoice(initial)) : initial,
    locked: isFixed(field.field_key, input.locked),
  };
}

/** Returns whether an invitation has fixed the value of a key, a value inside it, or an object that contains it. */
const isFixed = (key: string, locked: readonly string[]) =>
  locked.some((path) => path === key || path.startsWith(`${key}.`) || key.startsWith(`${path}.`));

function placeholderOf(field: PromptField, evaluated: Values): string {
  if (!field.placeholder_expression) return field.placeholder;
  const value = evaluated[placeholderId(field)];
  return value === undefined ? '' : pythonText(value);
}

function rawChoicesOf(field: PromptField, data: Values, evaluated: Values): unknown[] | undefined {
  if (!CHOICE_TYPES.has(field.type)) return undefined;
  const key = field.field_key + CHOICES;
  const configured = field.placeholder_expression ? evaluated[placeholderId(field)] : field.placeholder;
  const value = Object.hasOwn(data, key) ? data[key] : configured;
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

/**
 * Returns the initial value of a field. A password has none. A value in the plan overrides the configured value, and is
 * never evaluated as an expression.
 */
function initialOf(field: PromptField, { data, secrets }: FormInput, evaluated: Values): unknown {
  if (field.type === 'password' || secrets.includes(field.field_key)) return undefined;
  const existing = valueAt(data, field.field_key);
  if (existing !== undefined) return existing;
  return field.initial_value_expression ? evaluated[initialId(field)] : field.initial_value;
}

const plainChoice = (value: unknown): FieldChoice => ({ value, label: value });

/** Returns the choice that an object with `label` and `value` describes. A missing member is an empty text. */
const objectChoice = (choice: unknown): FieldChoice =>
  isObject(choice) ? { value: choice['value'] ?? '', label: choice['label'] ?? '' } : plainChoice(choice);

/**
 * Returns the value of the choice that has the same value, otherwise of the first choice. Compares lists and objects by
 * content, as Python does.
 */
function selectChoice(choices: readonly FieldChoice[], { value }: FieldChoice): unknown {
  const literal = pythonLiteral(value);
  return (choices.find((choice) => pythonLiteral(choice.value) === literal) ?? choices[0])?.value;
}

/**
 * Returns the value of a key. Looks up a key with dots first as a property name, then as a path into nested objects.
 */
function valueAt(data: Values, key: string): unknown {
  if (Object.hasOwn(data, key)) return data[key];
  return key
    .split('.')
    .reduce<unknown>((node, name) => (isObject(node) && Object.hasOwn(node, name) ? node[name] : undefined), data);
}

const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns a field in the format of the API, with all values as text. */
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
  type: field.locked ? (READ_ONLY_TYPES[type] ?? type) : type,
  placeholder: field.placeholder,
  initial_value: initialText(type, field.initial),
  choices:
    field.choices && field.choices.length > 0
      ? field.choices.map(({ value, label }) => ({ value: pythonText(value), label: pythonText(label) }))
      : null,
});

/** Returns the initial value as text. Clients tick a checkbox unless the text is empty. */
function initialText(type: PromptType, initial: unknown): string {
  if (initial === undefined || (type === 'checkbox' && !isTruthy(initial))) return '';
  return pythonText(initial);
}

/**
 * Returns whether Python treats a value as true. It does so for everything except `None`, `False`, zero and empty
 * values.
 */
export function isTruthy(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value);
  return Object.keys(value).length > 0;
}

/** Returns the value of a field that the visitor cannot fill in: its initial value, otherwise its placeholder. */
export const fixedValue = ({ type, initial, placeholder }: FormField): unknown =>
  isTruthy(initial) ? initial : type === 'hidden' || type === 'static' ? placeholder : '';
