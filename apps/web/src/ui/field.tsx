import type { ComponentChildren } from 'preact';
import type { WireMessage } from '../challenges/envelope.js';
import { messagesOf } from '../challenges/error-words.js';
import { usePage } from '../flow/page.context.js';
import { ErrorText } from './error-text.js';
import { type InputAttributes, PasswordInput } from './password-input.js';

/** The properties of an input field. */
export interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly type?: string;
  readonly autocomplete?: string;
  readonly inputmode?: 'text' | 'numeric' | 'tel' | 'email';
  readonly required?: boolean;
  readonly readOnly?: boolean;
  readonly initial?: string | undefined;
  readonly placeholder?: string | undefined;
  readonly maxLength?: number | undefined;
  /** The limits of a number. */
  readonly range?: { readonly min?: number; readonly max?: number; readonly step: number | 'any' };
  readonly hint?: ComponentChildren;
  readonly errors?: readonly WireMessage[] | undefined;
  /** Replaces the words for the errors. */
  readonly errorText?: ComponentChildren;
  /** Whether the field gets the initial focus. */
  readonly first?: boolean;
  /** Whether a button reveals the typed text. */
  readonly revealable?: boolean;
}

/** A field with its label, hint and errors. */
export function Field(props: FieldProps) {
  const { name, label, hint, errors = [], errorText } = props;
  const input = inputAttributes(props);
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {props.type === 'password' ? (
        <PasswordInput label={label} input={input} revealable={props.revealable ?? true} refused={props.errors} />
      ) : (
        <input {...input} />
      )}
      <FieldFooter name={name} hint={hint} errors={errors} errorText={errorText} />
    </div>
  );
}

/** The hint and the errors of a field. */
export function FieldFooter({
  name,
  hint,
  errors = [],
  errorText,
}: Pick<FieldProps, 'name' | 'hint' | 'errors' | 'errorText'>) {
  const { t } = usePage();
  return (
    <>
      {hint && (
        <div class="hint" id={`${name}-hint`}>
          {hint}
        </div>
      )}
      {errors.length > 0 && <ErrorText name={name}>{errorText ?? messagesOf(errors, t)}</ErrorText>}
    </>
  );
}

/** Returns the ARIA attributes that connect an input with its hint and errors. */
export const described = ({ name, hint, errors = [] }: Pick<FieldProps, 'name' | 'hint' | 'errors'>) => {
  const ids = [errors.length > 0 && `${name}-error`, hint && `${name}-hint`].filter(Boolean);
  return {
    ...(errors.length > 0 ? { 'aria-invalid': true as const } : {}),
    ...(ids.length > 0 ? { 'aria-describedby': ids.join(' ') } : {}),
  };
};

function inputAttributes(props: FieldProps): InputAttributes {
  const {
    name,
    type = 'text',
    autocomplete,
    inputmode,
    required = true,
    readOnly,
    initial,
    placeholder,
    maxLength,
    range = {},
  } = props;
  return {
    id: name,
    name,
    type,
    required,
    ...(autocomplete ? { autocomplete } : {}),
    ...(inputmode ? { inputMode: inputmode } : {}),
    ...(readOnly ? { readOnly } : {}),
    ...(initial ? { defaultValue: initial } : {}),
    ...(placeholder ? { placeholder } : {}),
    ...(maxLength ? { maxLength } : {}),
    ...range,
    ...(props.first ? { autofocus: true } : {}),
    // Names and codes must not be autocorrected.
    ...(type === 'text' || type === 'email' ? { autocapitalize: 'none', spellcheck: false } : {}),
    ...described(props),
  };
}
