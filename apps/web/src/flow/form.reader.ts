import { timeAnswer } from './local-time.js';
import type { FormAnswer } from './page.context.js';

/**
 * Returns a form's fields in the executor's format, with files as data URLs and local times in UTC. Omits the fields
 * `excluded`.
 */
export async function readForm(
  form: HTMLFormElement,
  submitter: HTMLElement | null,
  excluded: readonly string[],
): Promise<FormAnswer> {
  const entries = [...new FormData(form, submitter).entries()].filter(([name]) => !excluded.includes(name));
  const fields = await Promise.all(
    entries.map(async ([name, value]) => [name, await answerOf(timeInput(form, name), value)] as const),
  );
  return Object.fromEntries(fields);
}

/** Returns the input for a time. Does not use `form.elements`, which a field with the name `elements` would shadow. */
const timeInput = (form: HTMLFormElement, name: string) =>
  [...document.querySelectorAll<HTMLInputElement>('input[type="datetime-local"]')].find(
    (input) => input.form === form && input.name === name,
  );

function answerOf(field: HTMLInputElement | undefined, value: FormDataEntryValue): string | Promise<string> {
  if (typeof value !== 'string') return dataUrl(value);
  return field ? timeAnswer(field) : value;
}

function dataUrl(file: File): Promise<string> {
  if (file.size === 0) return Promise.resolve('');
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('the browser cannot read the file'));
    reader.readAsDataURL(file);
  });
}
