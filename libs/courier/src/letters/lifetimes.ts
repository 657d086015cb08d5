import type { Translate } from '@gatehouse/texts';
import type { Letter, LetterFacts } from './letter.js';

/** The code of a letter, if it has one. */
export const codeOf = (t: Translate, { code }: LetterFacts): Letter['code'] =>
  code === undefined ? undefined : { opening: t('Or type this code on the page that waits for it:'), digits: code };

/** How long what a letter brings can be used. */
export const lifetimes = (t: Translate, { code, link_minutes, code_minutes }: LetterFacts): string[] => [
  t('The link works once, for {minutes} minutes, in any browser.', { minutes: link_minutes }),
  ...(code === undefined ? [] : [t('The code works for {minutes} minutes.', { minutes: code_minutes })]),
];
