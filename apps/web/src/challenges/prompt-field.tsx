import { LOCALES } from '@gatehouse/texts/browser';
import type { FunctionComponent } from 'preact';
import { parseTime } from '../flow/local-time.js';
import { usePage } from '../flow/page.context.js';
import { ScriptRequired } from '../ui/alert.js';
import { described, Field, FieldFooter, type FieldProps } from '../ui/field.js';
import { RichText } from '../ui/rich-text.js';
import { DateTimeField } from './date-time-field.js';
import type { PromptFieldData, PromptFieldProps } from './prompt-field.props.js';

/** Renders a field by its type. */
export function PromptField(props: PromptFieldProps) {
  const Input = COMPONENTS[props.field.type] ?? TextInput;
  return <Input {...props} />;
}

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

function TextInput({ field, errors, first }: PromptFieldProps) {
  const { field_key: name, label, type, required, placeholder, initial_value } = field;
  return (
    <Field
      name={name}
      label={label}
      required={required}
      placeholder={placeholder}
      initial={initial_value}
      hint={hintOf(field)}
      errors={errors}
      first={first}
      {...(AUTOCOMPLETE[name] ? { autocomplete: AUTOCOMPLETE[name] } : {})}
      {...INPUT_PROPS[type]}
    />
  );
}

function TextArea({ field, errors, first }: PromptFieldProps) {
  const { field_key: name, label, type, required, placeholder, initial_value } = field;
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <textarea
        id={name}
        name={name}
        rows={4}
        required={required}
        readOnly={type === 'text_area_read_only'}
        placeholder={placeholder}
        defaultValue={initial_value}
        autofocus={first}
        {...described({ name, hint: hintOf(field), errors })}
      />
      <FieldFooter name={name} hint={hintOf(field)} errors={errors} />
    </div>
  );
}

function Checkbox({ field, errors, first }: PromptFieldProps) {
  const { field_key: name, label, required, initial_value } = field;
  const hint = hintOf(field);
  return (
    <div class="field">
      <label class="tick">
        <input
          type="checkbox"
          id={name}
          name={name}
          required={required}
          defaultChecked={initial_value !== ''}
          autofocus={first}
          {...described({ name, hint, errors })}
        />
        <span>{label}</span>
      </label>
      <FieldFooter name={name} hint={hint} errors={errors} />
    </div>
  );
}

function Radios({ field, errors, first }: PromptFieldProps) {
  const { field_key: name, label, required, initial_value, choices } = field;
  const hint = hintOf(field);
  return (
    <fieldset class="field" {...described({ name, hint, errors })}>
      <legend>{label}</legend>
      {(choices ?? []).map((choice, i) => (
        <label class="tick" key={choice}>
          <input
            type="radio"
            name={name}
            value={choice}
            required={required}
            defaultChecked={choice === initial_value}
            autofocus={first && (choice === initial_value || (i === 0 && !initial_value))}
          />
          <span>{choice}</span>
        </label>
      ))}
      <FieldFooter name={name} hint={hint} errors={errors} />
    </fieldset>
  );
}

interface Choice {
  readonly value: string;
  readonly text: string;
}

function Select({ field, errors, first, choices }: PromptFieldProps & { choices: readonly Choice[] }) {
  const { field_key: name, label, required, initial_value } = field;
  const hint = hintOf(field);
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <select id={name} name={name} required={required} autofocus={first} {...described({ name, hint, errors })}>
        {choices.map(({ value, text }) => (
          <option key={value} value={value} selected={value === initial_value}>
            {text}
          </option>
        ))}
      </select>
      <FieldFooter name={name} hint={hint} errors={errors} />
    </div>
  );
}

const Dropdown = (props: PromptFieldProps) => (
  <Select {...props} choices={(props.field.choices ?? []).map((choice) => ({ value: choice, text: choice }))} />
);

function Locale(props: PromptFieldProps) {
  const { t } = usePage();
  const options = LOCALES.map(({ locale, name }) => ({ value: locale, text: name }));
  const field = { ...props.field, required: false };
  return <Select {...props} field={field} choices={[{ value: '', text: t('As my browser says') }, ...options]} />;
}

function FilePick({ field, errors, first }: PromptFieldProps) {
  const { field_key: name, label, required } = field;
  return (
    <>
      <Field
        name={name}
        label={label}
        type="file"
        required={required}
        hint={hintOf(field)}
        errors={errors}
        first={first}
      />
      {required && <ScriptRequired />}
    </>
  );
}

/** A date and time input, or a text input if the initial value is one that a date and time input cannot show. */
const DateTime = (props: PromptFieldProps) =>
  props.field.initial_value === '' || parseTime(props.field.initial_value) ? (
    <DateTimeField {...props} />
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

const Separator = ({ field: { placeholder } }: PromptFieldProps) => (
  <div class="separator">
    <hr />
    {placeholder && <h2>{placeholder}</h2>}
  </div>
);

const COMPONENTS: Readonly<Record<string, FunctionComponent<PromptFieldProps>>> = {
  text_area: TextArea,
  text_area_read_only: TextArea,
  checkbox: Checkbox,
  'radio-button-group': Radios,
  dropdown: Dropdown,
  'ak-locale': Locale,
  file: FilePick,
  'date-time': DateTime,
  hidden: Hidden,
  static: Static,
  separator: Separator,
};

const hintOf = ({ sub_text }: PromptFieldData) => sub_text && <RichText html={sub_text} />;
