/** Characters of a number that are looked at. */
const MAX_NUMBER = 64;

/** What people put between digits. */
const BETWEEN = /[\s()./\p{Pd}]/gu;
/** Some providers take letters for digits; with a colon they would take another way than a text message. */
const NUMBER = /^\+?[a-z0-9]+$/i;

/** A number in the one spelling by which it is called, counted and known; undefined for what is none. */
export function normalizePhoneNumber(text: string): string | undefined {
  const plain = text.length > MAX_NUMBER ? '' : text.normalize('NFKC').replace(BETWEEN, '');
  return NUMBER.test(plain) ? plain : undefined;
}
