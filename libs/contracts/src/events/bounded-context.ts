import { cutAt } from '../first-characters.js';

/** Largest size of the context of an event as JSON, in bytes. */
export const MAX_EVENT_CONTEXT_BYTES = 65_536;
/** Largest length of a text in the context of an event, in characters. A longer text is cut. */
export const MAX_EVENT_TEXT_LENGTH = 8192;
/** Member of a context that lists the members which were left out, because the context was too large. */
const LEFT_OUT = 'left_out';

/** Bytes of a context that are reserved for the names of the members that were left out. */
const RESERVED_BYTES = 2048;

/**
 * Returns the context of an event within its limits: texts are cut at MAX_EVENT_TEXT_LENGTH characters, and members
 * that would exceed MAX_EVENT_CONTEXT_BYTES are left out.
 */
export function boundedContext(context: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const cut = cutTexts(context) as Record<string, unknown>;
  if (bytesOf(cut) <= MAX_EVENT_CONTEXT_BYTES) return cut;
  const kept: Record<string, unknown> = {};
  const omitted: string[] = [];
  let left = MAX_EVENT_CONTEXT_BYTES - RESERVED_BYTES;
  for (const [key, value] of Object.entries(cut)) {
    const size = bytesOf({ [key]: value });
    if (size <= left) {
      kept[key] = value;
      left -= size;
    } else omitted.push(key);
  }
  return { ...kept, [LEFT_OUT]: namesWithin(omitted, RESERVED_BYTES / 2) };
}

/** Returns the first names whose JSON has at most `limit` bytes together. */
function namesWithin(names: readonly string[], limit: number): string[] {
  let left = limit;
  return names.filter((name) => {
    left -= bytesOf(name) + 1;
    return left >= 0;
  });
}

function cutTexts(value: unknown): unknown {
  if (typeof value === 'string')
    return value.length > MAX_EVENT_TEXT_LENGTH ? `${cutAt(value, MAX_EVENT_TEXT_LENGTH - 1)}…` : value;
  if (Array.isArray(value)) return value.map(cutTexts);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, cutTexts(member)]));
}

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? '');
