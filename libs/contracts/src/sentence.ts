/** What goes into the places of a sentence, by name. */
export type SentenceParams = Readonly<Record<string, string | number>>;

/** A sentence for people, in English, with `{name}` where a parameter goes; its text is the key of every catalogue. */
export interface Sentence {
  readonly text: string;
  readonly params?: SentenceParams | undefined;
}

/** Says a sentence in somebody's language; a text that no catalogue has stays as it is. */
export type Translate = (text: string, params?: SentenceParams) => string;

/** A sentence of the house's own: whoever translates finds it by this call. */
export const sentence = (text: string, params?: SentenceParams): Sentence => (params ? { text, params } : { text });

/** English: parameters go into their places, and are not looked into. Without any, braces are somebody's own. */
export const interpolate: Translate = (text, params) =>
  params ? text.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? '')) : text;
