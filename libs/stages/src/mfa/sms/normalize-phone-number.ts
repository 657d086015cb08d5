/** Maximum length of a phone number as typed. */
const MAX_CHARACTERS = 64;

/** Characters that users put between digits. */
const SEPARATORS = /[\s()./\p{Pd}]/gu;
/**
 * A phone number without separators. Letters are allowed, because some providers accept them. Colons are not allowed,
 * because a number with `whatsapp:` would not get an SMS.
 */
const NUMBER = /^\+?[a-z0-9]+$/i;

/**
 * Returns the normalized form of a phone number, which is used for sending, counting and comparing. Returns `undefined`
 * for an invalid number.
 */
export function normalizePhoneNumber(text: string): string | undefined {
  const plain = text.length > MAX_CHARACTERS ? '' : text.normalize('NFKC').replace(SEPARATORS, '');
  return NUMBER.test(plain) ? plain : undefined;
}
