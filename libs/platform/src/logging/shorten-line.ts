import { cutText } from './mask-text.js';

/** If a line is too long, its texts are cut to the first of these numbers of characters with which it fits. */
const TRIES = [2048, 512, 128, 32, 16];
/** Number of elements of a list that are kept if a line is too long. */
const MAX_ELEMENTS = 10;

/**
 * Returns a line of JSON whose texts are cut so that it has at most `maxBytes` bytes. `maxBytes` must be at least 4096.
 */
export function shortenLine(line: string, maxBytes: number): string {
  const fields: unknown = JSON.parse(line);
  let shortened = line;
  for (const characters of TRIES) {
    shortened = JSON.stringify({ ...(shorten(fields, characters) as object), cut: true });
    if (Buffer.byteLength(shortened) <= maxBytes) break;
  }
  return shortened;
}

function shorten(value: unknown, characters: number): unknown {
  if (typeof value === 'string') return cutText(value, characters);
  if (Array.isArray(value)) return value.slice(0, MAX_ELEMENTS).map((element) => shorten(element, characters));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shorten(inner, characters)]));
}
