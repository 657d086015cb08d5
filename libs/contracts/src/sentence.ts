/** Values for the placeholders of a sentence, by name. */
export type SentenceParams = Readonly<Record<string, string | number>>;

/**
 * An English text for visitors, with placeholders such as `{name}`. Translation catalogues use the text as their key.
 */
export interface Sentence {
  readonly text: string;
  readonly params?: SentenceParams | undefined;
}

/** Translates a text and interpolates its parameters. Text that no catalogue contains stays English. */
export type Translate = (text: string, params?: SentenceParams) => string;

/** Returns a built-in text. A test searches the code for calls of this function, to find all texts to translate. */
export const sentence = (text: string, params?: SentenceParams): Sentence => (params ? { text, params } : { text });

/** Interpolates parameters without translation. Without parameters, braces in the text have no meaning. */
export const interpolate: Translate = (text, params) =>
  params ? text.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? '')) : text;
