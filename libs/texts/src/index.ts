/** Says a text, with values in the places that `{name}` marks. */
export type Translate = (text: string, values?: Readonly<Record<string, string | number>>) => string;

/** How texts are said in a language. */
export const translator =
  (_locale: string): Translate =>
  (text, values = {}) =>
    text.replace(/\{(\w+)\}/g, (mark, name: string) => String(values[name] ?? mark));

/** The languages that there are texts in. */
export const LOCALES: readonly { readonly locale: string; readonly name: string; readonly direction: 'ltr' | 'rtl' }[] =
  [{ locale: 'en', name: 'English', direction: 'ltr' }];
