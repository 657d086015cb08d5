import { useLayoutEffect } from 'preact/hooks';
import { keepPrefill } from '../flow/prefill.js';

const FIELDS = [
  { part: 'password', type: 'password', autocomplete: 'current-password' },
  { part: 'code', type: 'text', autocomplete: 'one-time-code' },
] as const;

/**
 * Fields that only password managers see and fill, so that they need not be asked again in the steps for the password and
 * the code. The fields have no names, so that no form sends them.
 */
export function ManagerFields() {
  // A flow that starts again asks for a name, and perhaps for another user.
  useLayoutEffect(() => keepPrefill({}), []);
  return (
    <>
      {FIELDS.map(({ part, ...attributes }) => (
        <input key={part} id={`manager-${part}`} class="unseen" tabIndex={-1} aria-hidden="true" {...attributes} />
      ))}
    </>
  );
}

/** Moves what a password manager has filled into the fields of a form to the memory of the page. */
export function keepManagerFields(form: HTMLFormElement): void {
  const taken = FIELDS.map(({ part }) => {
    const field = form.querySelector<HTMLInputElement>(`#manager-${part}`);
    const text = field?.value ?? '';
    if (field) field.value = '';
    return [part, text] as const;
  });
  if (taken.some(([, text]) => text !== '')) keepPrefill(Object.fromEntries(taken));
}
