import { z } from 'zod';
import type { Sentence, Translate } from './sentence.js';

const params = z.record(z.string(), z.union([z.string(), z.number()])).optional();
/**
 * A sentence for people, named by code or given as text. The gateway says it in the client's language; text of others, which
 * no catalogue has, stays as it is, and without parameters its braces are its own.
 */
export const message = z.union([
  z.object({ code: z.string(), params }),
  z.object({ text: z.string(), params, wire: z.string().optional() }),
]);
export type Message = z.output<typeof message>;

/** Field name, or `non_field_errors`, to what is wrong with it. Empty is allowed and still a refusal. */
export const errors = z.record(z.string(), z.array(message));
export type Errors = z.output<typeof errors>;

/** The key of errors that concern the whole answer (docs/spec/executor.md#response-errors). */
export const NON_FIELD_ERRORS = 'non_field_errors';

/** A sentence and the code that clients see beside it. `{name}` in the sentence takes a parameter. */
export interface CatalogueEntry {
  readonly string: string;
  readonly code: string;
}
export type Catalogue = Readonly<Record<string, CatalogueEntry>>;

/** The sentence of a message and its wire code, from the first catalogue that knows it; an unknown code is a fault of the contract. */
export function sentenceOf(
  message: Message,
  ...catalogues: readonly Catalogue[]
): Sentence & { readonly wire: string } {
  if ('text' in message) return { ...message, wire: message.wire ?? 'invalid' };
  const entry = catalogues.find((c) => Object.hasOwn(c, message.code))?.[message.code];
  if (!entry) throw new Error(`no catalogue has a sentence for "${message.code}"`);
  return { text: entry.string, params: message.params ?? {}, wire: entry.code };
}

/** A message as the wire has it, in the language of `translate`. */
export function render(message: Message, translate: Translate, ...catalogues: readonly Catalogue[]): CatalogueEntry {
  const { text, params, wire } = sentenceOf(message, ...catalogues);
  return { string: translate(text, params), code: wire };
}
