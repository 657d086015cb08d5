import type { AttemptRule } from '@gatehouse/contracts';

/** Largest number of credentials that one reply may verify. */
export const MAX_VERIFIED = 64;
/** Largest length of the name of a credential. */
const MAX_NAME = 512;

/**
 * Whether the rule counts guesses at this credential. Each `{member}` in the rule's `credential` matches a text of at
 * least one character, or one of the values that the rule lists. Compares without a regular expression: a hostile stage
 * chooses both texts, and an expression with many `.+` would block the gateway by backtracking (ReDoS).
 */
export function countsCredential({ credential: template, pick }: AttemptRule, credential: string): boolean {
  if (credential.length > MAX_NAME) return false;
  const parts = template.split(/\{(\w+)\}/).map((part, i): readonly string[] | undefined => {
    if (i % 2 === 0) return [part];
    return part === pick?.where.member ? pick.where.values : undefined;
  });
  return fits(
    parts.filter((texts) => texts?.[0] !== ''),
    credential,
  );
}

/**
 * Whether a name consists of these parts in this order. A part is one of several texts, or `undefined` for any text.
 */
function fits(parts: readonly (readonly string[] | undefined)[], name: string): boolean {
  /**
   * Positions in the name where the next part may begin. After an `undefined` part, these are the smallest position and
   * all after it.
   */
  let places: ReadonlySet<number> = new Set([0]);
  let isOpen = false;
  for (const texts of parts) {
    const from = Math.min(...places);
    if (texts === undefined) places = new Set([from + 1]);
    else places = new Set(texts.flatMap((text) => endsOf(text, name, isOpen ? from : places)));
    isOpen = texts === undefined;
    if (places.size === 0) return false;
  }
  return isOpen ? Math.min(...places) <= name.length : places.has(name.length);
}

/**
 * Returns the end positions of a text that begins at one of these positions or, if `places` is a number, at that
 * position or any later one.
 */
function endsOf(text: string, name: string, places: ReadonlySet<number> | number): number[] {
  if (typeof places !== 'number')
    return [...places].flatMap((at) => (name.startsWith(text, at) ? [at + text.length] : []));
  const ends: number[] = [];
  for (let at = name.indexOf(text, places); at >= 0 && at < name.length; at = name.indexOf(text, at + 1))
    ends.push(at + text.length);
  return ends;
}
