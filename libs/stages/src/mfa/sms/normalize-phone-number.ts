/** Maximum length of a phone number as typed. */
const MAX_CHARACTERS = 64;

/** Characters that users put between digits. */
const SEPARATORS = /[\s()./\p{Pd}]/gu;
/** Allows letters, because some providers do, but no colon: `whatsapp:` would choose another channel than SMS. */
const NUMBER = /^\+?[a-z0-9]+$/i;

/** Returns the canonical form of a phone number, by which it is called, counted and compared. `undefined` if it is invalid. */
export function normalizePhoneNumber(text: string): string | undefined {
  const plain = text.length > MAX_CHARACTERS ? '' : text.normalize('NFKC').replace(SEPARATORS, '');
  return NUMBER.test(plain) ? plain : undefined;
}
