import type { ReceivedMail } from './mailbox.js';

/** Returns the link of a mail, the query of the link, and the code. */
export function readMail({ text = '' }: ReceivedMail) {
  const link = new URL(/https?:\S+/.exec(text)?.[0] ?? 'none:');
  return { link, query: link.search.slice(1), code: /^\d{6}$/m.exec(text)?.[0] ?? '' };
}
