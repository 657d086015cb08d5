import { interpolate, pythonStrip, type Sentence, sentence } from '@gatehouse/contracts';
import { findForbiddenCharacter, isDirectionConsistent, isSingleScript } from './username-characters.js';

/** A valid username (docs/spec/directory.md#usernames). */
export interface PreparedUsername {
  /** The name to store: trimmed, in letters of normal width and in NFC, in the case that was typed. */
  readonly name: string;
  /** The name for comparisons. Two names that differ in case, width or normalisation form have the same key. */
  readonly key: string;
}

/** Thrown for a username that a new account cannot have. The message is the reason in English. */
export class InvalidUsernameError extends Error {
  constructor({ text, params }: Sentence) {
    super(interpolate(text, params));
  }
}

/** Name of the index that a username violates if another user has it in another spelling. */
export const USERNAME_KEY_INDEX = 'users_username_key';

/** Characters with a wide or a narrow form: the ideographic space, and the half-width and full-width forms. */
const WIDTH_VARIANTS = /[\u3000\uFF01-\uFFEF]/gu;

/**
 * Prepares a username by the profile UsernameCaseMapped of PRECIS (RFC 8265, 3.3), but keeps the case of the name to
 * store. If a new account cannot have this name, returns the reason as a text for visitors.
 */
export function prepareUsername(typed: string): PreparedUsername | { readonly reason: Sentence } {
  const name = pythonStrip(toStoredUsername(typed));
  const reason = reasonAgainst(name);
  return reason ? { reason } : { name, key: name.toLowerCase().normalize('NFC') };
}

/** Returns a name in letters of normal width and in NFC, whether it is valid or not, to find the user who has it. */
export const toStoredUsername = (typed: string): string =>
  typed.replace(WIDTH_VARIANTS, (character) => character.normalize('NFKC')).normalize('NFC');

/**
 * Returns a username that an administrator has written, with its key. Throws `InvalidUsernameError` for a name that a
 * new account cannot have, and for a name whose stored form differs from the written one, because the administrator
 * must find the user by the written name.
 */
export function requireUsername(written: string): PreparedUsername {
  const prepared = prepareUsername(written);
  if ('reason' in prepared) throw new InvalidUsernameError(prepared.reason);
  if (prepared.name !== written)
    throw new InvalidUsernameError({ text: 'Write this username as {username}.', params: { username: prepared.name } });
  return prepared;
}

function reasonAgainst(name: string): Sentence | undefined {
  if (name === '') return sentence('This field may not be blank.');
  const character = findForbiddenCharacter(name);
  if (character !== undefined)
    return sentence('Usernames cannot contain the character {character}.', { character: describe(character) });
  if (!isSingleScript(name)) return sentence('Usernames cannot mix letters of several scripts.');
  if (!isDirectionConsistent(name))
    return sentence(
      'Usernames in a right-to-left script must begin with a letter of this script, and end with one or with a digit.',
    );
  return undefined;
}

/**
 * Returns a character with its code point, such as `é (U+00E9)`. Returns only the code point of an invisible character.
 */
function describe(character: string): string {
  const codePoint = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `${character} (${codePoint})` : codePoint;
}
