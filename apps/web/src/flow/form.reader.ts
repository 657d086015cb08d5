import type { FormAnswer } from './page.context.js';

/** Returns a form's fields in the executor's format, with files as data URLs. Omits the field `excluded`. */
export async function readForm(
  form: HTMLFormElement,
  submitter: HTMLElement | null,
  excluded: string,
): Promise<FormAnswer> {
  const entries = [...new FormData(form, submitter).entries()].filter(([name]) => name !== excluded);
  const fields = await Promise.all(
    entries.map(async ([name, value]) => [name, typeof value === 'string' ? value : await dataUrl(value)] as const),
  );
  return Object.fromEntries(fields);
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
