import type { MailContent } from './mail-content.js';

/** The same letter for whoever reads mail as plain text: a link and a code each have a line to themselves. */
export const renderText = ({ heading, opening, link, code, closing }: MailContent, brand: string): string =>
  `${[heading, opening, link.url, ...(code ? [code.opening, code.digits] : []), ...closing, `-- \n${brand}`].join(
    '\n\n',
  )}\n`;
