import type { Received } from './mailbox.js';

/** What somebody finds in a mail of the house: where its link leads, the query of that, and its code. */
export function readMail({ text = '' }: Received) {
  const link = new URL(/https?:\S+/.exec(text)?.[0] ?? 'none:');
  return { link, query: link.search.slice(1), code: /^\d{6}$/m.exec(text)?.[0] ?? '' };
}
