import type { Translate } from '@gatehouse/texts';
import { z } from 'zod';

/** Variables that all mail templates have. */
const commonVariables = z.object({ brand: z.string(), username: z.string(), code_minutes: z.number() });
type CommonVariables = z.output<typeof commonVariables>;

/** Variables of a mail with a link, set by a stage and the gateway. */
const linkVariables = commonVariables.extend({
  /** URL of the link. */
  url: z.url({ protocol: /^https?$/ }),
  /** Code that the recipient can type on the waiting page instead of opening the link. */
  code: z.string().optional(),
  link_minutes: z.number(),
});
type LinkVariables = z.output<typeof linkVariables>;

/** Variables of a mail with a code and without a link. */
const codeVariables = commonVariables.extend({ code: z.string() });
type CodeVariables = z.output<typeof codeVariables>;

/** The content of a mail, independent of its format. */
export interface MailContent {
  readonly heading: string;
  readonly opening: string;
  readonly link: { readonly label: string; readonly url: string } | undefined;
  /** The code. `opening` is the sentence before a code that is an alternative to the link. */
  readonly code: { readonly opening: string | undefined; readonly digits: string } | undefined;
  readonly closing: readonly string[];
}

/** A mail template: its variables, and its content in the language of a translator. */
export interface MailTemplate<V extends CommonVariables = CommonVariables> {
  readonly variables: z.ZodType<V>;
  content(t: Translate, variables: V): MailContent;
}

type Content<V extends CommonVariables> = MailTemplate<V>['content'];

/** Returns the template of a mail with a link. */
export const linkTemplate = (content: Content<LinkVariables>): MailTemplate<LinkVariables> => ({
  variables: linkVariables,
  content,
});

/** Returns the template of a mail with a code and without a link. */
export const codeTemplate = (content: Content<CodeVariables>): MailTemplate<CodeVariables> => ({
  variables: codeVariables,
  content,
});

/** Returns the section of the mail with the code; undefined if there is no code. */
export const codeSection = (t: Translate, { code }: LinkVariables): MailContent['code'] =>
  code === undefined ? undefined : { opening: t('Or type this code on the page that waits for it:'), digits: code };

/** Returns sentences about how long the link and the code can be used. */
export const expiryNotices = (t: Translate, { code, link_minutes, code_minutes }: LinkVariables): string[] => [
  t('The link works once, for {minutes} minutes, in any browser.', { minutes: link_minutes }),
  ...(code === undefined ? [] : [t('The code works for {minutes} minutes.', { minutes: code_minutes })]),
];
