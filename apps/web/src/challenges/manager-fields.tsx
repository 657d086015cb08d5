import { useLayoutEffect } from 'preact/hooks';
import { keepPrefill } from '../flow/prefill.js';

const FIELDS = [
  { part: 'password', type: 'password', autocomplete: 'current-password' },
  { part: 'code', type: 'text', autocomplete: 'one-time-code' },
] as const;

/**
 * Invisible fields that password managers fill with the password and the code, so that visitors need not type them in
 * later steps. The fields have no names, so that no form sends them.
 */
export function ManagerFields() {
  // Forgets the values of an earlier run, because a flow that starts again may be for another user.
  useLayoutEffect(() => keepPrefill({}), []);
  return (
    <>
      {FIELDS.map(({ part, ...attributes }) => (
        <input key={part} id={`manager-${part}`} class="unseen" tabIndex={-1} aria-hidden="true" {...attributes} />
      ))}
    </>
  );
}

/**
 * Stores the values that a password manager has filled in, for the later steps that ask for them, and clears the
 * fields.
 */
export function keepManagerFields(form: HTMLFormElement): void {
  const taken = FIELDS.map(({ part }) => {
    const field = form.querySelector<HTMLInputElement>(`#manager-${part}`);
    const text = field?.value ?? '';
    if (field) field.value = '';
    return [part, text] as const;
  });
  if (taken.some(([, text]) => text !== '')) keepPrefill(Object.fromEntries(taken));
}
