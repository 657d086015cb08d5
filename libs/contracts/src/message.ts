import { z } from 'zod';
import type { Sentence, Translate } from './sentence.js';

const params = z.record(z.string(), z.union([z.string(), z.number()])).optional();
/**
 * A message for visitors: a `code` of a catalogue, or a text. The gateway translates the message. A text without a
 * translation stays unchanged. `wire` is the code that clients get with a text. Without `params`, braces in a text have
 * no meaning.
 */
export const message = z.union([
  z.object({ code: z.string(), params }),
  z.object({ text: z.string(), params, wire: z.string().optional() }),
]);
export type Message = z.output<typeof message>;

/**
 * Errors by field name, or by `non_field_errors`. May be empty, because the reply type `rejected` alone refuses the
 * response.
 */
export const errors = z.record(z.string(), z.array(message));
export type Errors = z.output<typeof errors>;

/** Key of errors that concern the whole response (docs/spec/executor.md#response-errors). */
export const NON_FIELD_ERRORS = 'non_field_errors';

/** An English sentence and the code that clients get with it. `{name}` is a placeholder for a parameter. */
export interface CatalogueEntry {
  readonly string: string;
  readonly code: string;
}
export type Catalogue = Readonly<Record<string, CatalogueEntry>>;

/**
 * Error of a challenge whose mail was not sent because of a limit. Users who do not exist get the same error (prevents
 * enumeration).
 */
export const MAIL_UNSENT: CatalogueEntry = {
  string:
    'No email was sent, because too many were requested. Try again later, or in a browser in which you have logged in before.',
  code: 'email-unsent',
};

/**
 * Returns the sentence and wire code of a message, from the first catalogue that contains its code. Throws for an
 * unknown code.
 */
export function sentenceOf(
  message: Message,
  ...catalogues: readonly Catalogue[]
): Sentence & { readonly wire: string } {
  if ('text' in message) return { ...message, wire: message.wire ?? 'invalid' };
  const entry = catalogues.find((catalogue) => Object.hasOwn(catalogue, message.code))?.[message.code];
  if (!entry) throw new Error(`no catalogue contains the message code "${message.code}"`);
  return { text: entry.string, params: message.params ?? {}, wire: entry.code };
}

/** Returns the text and code that a client gets for a message, in the language of `translate`. */
export function render(message: Message, translate: Translate, ...catalogues: readonly Catalogue[]): CatalogueEntry {
  const { text, params, wire } = sentenceOf(message, ...catalogues);
  return { string: translate(text, params), code: wire };
}
