import { LOCALES } from '@gatehouse/texts/browser';
import type { FunctionComponent } from 'preact';
import { parseTime } from '../flow/local-time.js';
import { usePage } from '../flow/page.context.js';
import { DateTimeField } from '../ui/date-time-field.js';
import { Field, type FieldProps } from '../ui/field.js';
import { Checkbox, FileInput, Radios, Select, TextArea } from '../ui/inputs.js';
import { RichText } from '../ui/rich-text.js';
import type { PromptFieldProps } from './prompt-field.props.js';

/** Renders a field by its type. */
export function PromptField(props: PromptFieldProps) {
  const Input = COMPONENTS[props.field.type] ?? TextInput;
  return <Input {...props} />;
}

/** Returns the properties of an input. */
const inputOf = ({ field, errors, first }: PromptFieldProps): FieldProps => ({
  name: field.field_key,
  label: field.label,
  required: field.required,
  placeholder: field.placeholder,
  initial: field.initial_value,
  hint: field.sub_text && <RichText html={field.sub_text} />,
  errors,
  first,
});

/** Properties of single-line inputs by field type. */
const INPUT_PROPS: Readonly<Record<string, Partial<FieldProps>>> = {
  text_read_only: { readOnly: true },
  username: { autocomplete: 'username' },
  email: { type: 'email', autocomplete: 'email' },
  password: { type: 'password', autocomplete: 'new-password' },
  number: { type: 'number', inputmode: 'numeric' },
  date: { type: 'date' },
};

/** Values of `autocomplete`, by field name in authentik's default blueprints. */
const AUTOCOMPLETE: Readonly<Record<string, string>> = { name: 'name', username: 'username', email: 'email' };

function TextInput(props: PromptFieldProps) {
  const { field_key: name, type } = props.field;
  const autocomplete = AUTOCOMPLETE[name] ? { autocomplete: AUTOCOMPLETE[name] } : {};
  return <Field {...inputOf(props)} {...autocomplete} {...INPUT_PROPS[type]} />;
}

const ReadOnlyArea = (props: PromptFieldProps) => <TextArea {...inputOf(props)} readOnly />;

const choicesOf = ({ field }: PromptFieldProps) =>
  (field.choices ?? []).map(({ value, label }) => ({ value, text: label }));

function Locale(props: PromptFieldProps) {
  const { t } = usePage();
  const options = LOCALES.map(({ locale, name }) => ({ value: locale, text: name }));
  return (
    <Select {...inputOf(props)} required={false} choices={[{ value: '', text: t('As my browser says') }, ...options]} />
  );
}

/** A date and time input, or a text input if a date and time input cannot show the initial value. */
const DateTime = (props: PromptFieldProps) =>
  props.field.initial_value === '' || parseTime(props.field.initial_value) ? (
    <DateTimeField {...inputOf(props)} />
  ) : (
    <TextInput {...props} />
  );

const Hidden = ({ field: { field_key, initial_value } }: PromptFieldProps) => (
  <input type="hidden" name={field_key} value={initial_value} />
);

const Static = ({ field }: PromptFieldProps) => (
  <div class="static">
    <RichText html={field.initial_value} />
    {field.sub_text && (
      <div class="hint">
        <RichText html={field.sub_text} />
      </div>
    )}
  </div>
);

/** A box with a read-only text. A box of the level danger looks like an error. */
const alertBox =
  (kind: string) =>
  ({ field }: PromptFieldProps) => (
    <div class={kind} role="note">
      <div>
        {field.label && <strong>{field.label}</strong>}
        <Static field={field} first={false} />
      </div>
    </div>
  );

const Separator = ({ field: { placeholder } }: PromptFieldProps) => (
  <div class="separator">
    <hr />
    {placeholder && <h2>{placeholder}</h2>}
  </div>
);

const COMPONENTS: Readonly<Record<string, FunctionComponent<PromptFieldProps>>> = {
  text_area: (props) => <TextArea {...inputOf(props)} />,
  text_area_read_only: ReadOnlyArea,
  checkbox: (props) => <Checkbox {...inputOf(props)} checked={props.field.initial_value !== ''} />,
  'radio-button-group': (props) => <Radios {...inputOf(props)} choices={choicesOf(props)} />,
  dropdown: (props) => <Select {...inputOf(props)} choices={choicesOf(props)} />,
  'ak-locale': Locale,
  file: (props) => <FileInput {...inputOf(props)} />,
  'date-time': DateTime,
  hidden: Hidden,
  static: Static,
  separator: Separator,
  alert_info: alertBox('notice'),
  alert_warning: alertBox('notice caution'),
  alert_danger: alertBox('alert'),
};
