import { z } from 'zod';

/** A sentence for people, named by code (rendered by the gateway in the client's language) or given as foreign text. */
export const message = z.union([
  z.object({ code: z.string(), params: z.record(z.string(), z.union([z.string(), z.number()])).optional() }),
  z.object({ text: z.string(), wire: z.string().optional() }),
]);
export type Message = z.output<typeof message>;

/** Field name, or `non_field_errors`, to what is wrong with it. Empty is allowed and still a refusal. */
export const errors = z.record(z.string(), z.array(message));
export type Errors = z.output<typeof errors>;

/** The key of errors that concern the whole answer (01-executor §4.4). */
export const NON_FIELD_ERRORS = 'non_field_errors';

/** A sentence and the code that clients see beside it. `{name}` in the sentence takes a parameter. */
export interface CatalogueEntry {
  readonly string: string;
  readonly code: string;
}
export type Catalogue = Readonly<Record<string, CatalogueEntry>>;

/** Renders a message from the catalogues, the first that knows its code; an unknown code is a fault of the contract. */
export function render(message: Message, ...catalogues: readonly Catalogue[]): CatalogueEntry {
  if ('text' in message) return { string: message.text, code: message.wire ?? 'invalid' };
  const entry = catalogues.find((c) => Object.hasOwn(c, message.code))?.[message.code];
  if (!entry) throw new Error(`no catalogue has a sentence for "${message.code}"`);
  const params = message.params ?? {};
  return {
    code: entry.code,
    string: entry.string.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? '')),
  };
}
