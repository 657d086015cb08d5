import type { ComponentChildren, JSX } from 'preact';
import { usePage } from '../flow/page.context.js';
import { ScriptRequired } from './alert.js';
import { described, FieldFooter, type FieldProps } from './field.js';

/** An option of a list, with its label. */
export interface Choice {
  readonly value: string;
  readonly text: string;
}

type Choices = FieldProps & { readonly choices: readonly Choice[] };

/** A text of several lines. */
export function TextArea(props: FieldProps) {
  const { name, label, required = true, readOnly, placeholder, initial, maxLength, first } = props;
  return (
    <Labelled {...props}>
      <label for={name}>{label}</label>
      <textarea
        {...{ id: name, name, rows: 4, required, readOnly, placeholder, defaultValue: initial, maxLength }}
        autofocus={first}
        {...described(props)}
      />
    </Labelled>
  );
}

/** A checkbox. The form contains `on`, or `value`, if it is set. */
export function Checkbox(props: FieldProps & { readonly value?: string; readonly checked: boolean }) {
  const { name, label, required = true, value, checked, first } = props;
  return (
    <Labelled {...props}>
      <label class="tick">
        <input
          {...{ type: 'checkbox', id: name, name, required, value, defaultChecked: checked, autofocus: first }}
          {...described(props)}
        />
        <span>{label}</span>
      </label>
    </Labelled>
  );
}

/** Radio buttons. */
export function Radios(props: Choices) {
  const { name, label, required = true, initial, choices, first = false, hint, errors } = props;
  return (
    <fieldset class="field" {...described(props)}>
      <legend>{label}</legend>
      {choices.map(({ value, text }, i) => (
        <label class="tick" key={value}>
          <input
            {...{ type: 'radio', name, value, required, defaultChecked: value === initial }}
            autofocus={first && (value === initial || (i === 0 && !initial))}
          />
          <span>{text}</span>
        </label>
      ))}
      <FieldFooter name={name} hint={hint} errors={errors} />
    </fieldset>
  );
}

/** A drop-down list. */
export function Select(props: Choices) {
  const { name, label, required = true, initial, choices, first } = props;
  return (
    <Labelled {...props}>
      <label for={name}>{label}</label>
      <select {...{ id: name, name, required, autofocus: first }} {...described(props)}>
        {choices.map(({ value, text }) => (
          <option key={value} value={value} selected={value === initial}>
            {text}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

/** A file, which the script sends as a data URL. The browser refuses a file of more than `maxBytes` bytes. */
export function FileInput(props: FieldProps & { readonly maxBytes?: number | undefined }) {
  const { t } = usePage();
  const { name, label, required = true, maxBytes, first } = props;
  const check = ({ currentTarget }: JSX.TargetedEvent<HTMLInputElement>) => {
    const isTooLarge = maxBytes !== undefined && (currentTarget.files?.[0]?.size ?? 0) > maxBytes;
    currentTarget.setCustomValidity(isTooLarge ? t('This file is too large. Please choose a smaller one.') : '');
  };
  return (
    <>
      <Labelled {...props}>
        <label for={name}>{label}</label>
        <input
          {...{ type: 'file', id: name, name, required, autofocus: first, onChange: check }}
          {...described(props)}
        />
      </Labelled>
      {required && <ScriptRequired />}
    </>
  );
}

const Labelled = ({ name, hint, errors, children }: FieldProps & { readonly children: ComponentChildren }) => (
  <div class="field">
    {children}
    <FieldFooter name={name} hint={hint} errors={errors} />
  </div>
);
