import type { Translate } from '@gatehouse/texts';
import type { MailContent, MailVariables } from './mail-content.js';

/** The code of a letter, if it has one. */
export const codeSection = (t: Translate, { code }: MailVariables): MailContent['code'] =>
  code === undefined ? undefined : { opening: t('Or type this code on the page that waits for it:'), digits: code };

/** How long what a letter brings can be used. */
export const expiryNotices = (t: Translate, { code, link_minutes, code_minutes }: MailVariables): string[] => [
  t('The link works once, for {minutes} minutes, in any browser.', { minutes: link_minutes }),
  ...(code === undefined ? [] : [t('The code works for {minutes} minutes.', { minutes: code_minutes })]),
];
