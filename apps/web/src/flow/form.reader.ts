import type { FormAnswer } from './page.context.js';

/** What a form says, as the executor reads it: texts, and files as data addresses. `besides`: a field that is not part of it. */
export async function readForm(
  form: HTMLFormElement,
  pressed: HTMLElement | null,
  besides: string,
): Promise<FormAnswer> {
  const entries = [...new FormData(form, pressed).entries()].filter(([name]) => name !== besides);
  const given = await Promise.all(
    entries.map(async ([name, value]) => [name, typeof value === 'string' ? value : await dataAddress(value)] as const),
  );
  return Object.fromEntries(given);
}

function dataAddress(file: File): Promise<string> {
  if (file.size === 0) return Promise.resolve('');
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('the file cannot be read'));
    reader.readAsDataURL(file);
  });
}
