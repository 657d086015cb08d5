/** Largest nesting of arrays and objects in JSON from outside: bodies of requests, and replies of other servers. */
export const MAX_JSON_DEPTH = 64;

/**
 * Largest nesting in messages between services. It is above `MAX_JSON_DEPTH`, because the messages contain JSON from
 * outside.
 */
export const MAX_MESSAGE_DEPTH = 128;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Returns whether the arrays and objects of a JSON text in UTF-8 nest deeper than `limit`. Ignores brackets inside
 * strings. Check a text before you parse it: functions that recurse into a deeply nested value overflow the stack.
 */
export function exceedsDepth(json: Uint8Array, limit: number): boolean {
  let depth = 0;
  for (let at = 0; json.length > limit && at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfString(json, at);
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
    if (depth > limit) return true;
  }
  return false;
}

/** Returns the index of the quote that ends the string at `start`. */
function endOfString(json: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at;
}
