import type { Translate } from '@gatehouse/texts';
import { z } from 'zod';

/** What a stage and the gateway say of a mail that is to be written. */
export const mailVariables = z.object({
  /** Where its link leads. */
  url: z.url({ protocol: /^https?$/ }),
  brand: z.string(),
  username: z.string(),
  /** Digits to be typed where somebody waits; without them there is the link alone. */
  code: z.string().optional(),
  link_minutes: z.number(),
  code_minutes: z.number(),
});
export type MailVariables = z.output<typeof mailVariables>;

/** What a letter says, before it is given a form. */
export interface MailContent {
  readonly heading: string;
  readonly opening: string;
  readonly link: { readonly label: string; readonly url: string };
  readonly code: { readonly opening: string; readonly digits: string } | undefined;
  readonly closing: readonly string[];
}

/** Writes a letter in a language. */
export type MailTemplate = (t: Translate, facts: MailVariables) => MailContent;
