import type { Opened } from '../page.js';
import type { Answer } from './page.context.js';

/** What a form says, as the executor reads it: texts, and files as data addresses. */
export async function readForm(
  form: HTMLFormElement,
  pressed: HTMLElement | null,
  { token, optional }: Pick<Opened, 'token' | 'optional'>,
): Promise<Answer> {
  const all = [...new FormData(form, pressed).entries()];
  const marks = new Set(all.flatMap(([name]) => (name.startsWith(optional) ? [name] : [])));
  const entries = all.filter(([name]) => name !== token.field && !marks.has(name));
  const given = await Promise.all(
    entries.map(async ([name, value]) => [name, typeof value === 'string' ? value : await dataAddress(value)] as const),
  );
  // An empty text is no number, no date and no file.
  return Object.fromEntries(given.filter(([name, value]) => value !== '' || !marks.has(optional + name)));
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
