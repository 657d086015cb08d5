import { cutText } from './mask-text.js';

/** Largest numbers of characters of each text in a line that is too long, from the first try to the last. */
const TRIES = [2048, 512, 128, 32, 16];
/** How many elements of each list are kept when a line is too long. */
const MAX_ELEMENTS = 10;

/** Returns a line of JSON with its texts cut so that it has at most `maxBytes`, which must be at least 4096. */
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
