import type { Translate } from '@gatehouse/texts';
import { z } from 'zod';

/** Variables of a mail template, set by a stage and the gateway. */
export const mailVariables = z.object({
  /** URL of the link. */
  url: z.url({ protocol: /^https?$/ }),
  brand: z.string(),
  username: z.string(),
  /** Code that the recipient can type on the waiting page instead of opening the link. */
  code: z.string().optional(),
  link_minutes: z.number(),
  code_minutes: z.number(),
});
export type MailVariables = z.output<typeof mailVariables>;

/** The content of a mail, independent of its format. */
export interface MailContent {
  readonly heading: string;
  readonly opening: string;
  readonly link: { readonly label: string; readonly url: string };
  readonly code: { readonly opening: string; readonly digits: string } | undefined;
  readonly closing: readonly string[];
}

/** Returns the content of a mail in the language of `t`. */
export type MailTemplate = (t: Translate, variables: MailVariables) => MailContent;

/** Returns the section of the mail with the code; undefined if there is no code. */
export const codeSection = (t: Translate, { code }: MailVariables): MailContent['code'] =>
  code === undefined ? undefined : { opening: t('Or type this code on the page that waits for it:'), digits: code };

/** Returns sentences about how long the link and the code can be used. */
export const expiryNotices = (t: Translate, { code, link_minutes, code_minutes }: MailVariables): string[] => [
  t('The link works once, for {minutes} minutes, in any browser.', { minutes: link_minutes }),
  ...(code === undefined ? [] : [t('The code works for {minutes} minutes.', { minutes: code_minutes })]),
];
