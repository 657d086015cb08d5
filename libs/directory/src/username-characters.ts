/** Characters that RFC 8264 lists one by one as allowed or forbidden (9.6). */
const ALLOWED_EXCEPTIONS = /[\u00DF\u03C2\u06FD\u06FE\u0F0B\u3007]/u;
const FORBIDDEN_EXCEPTIONS = /\u302E|\u302F|[\u0640\u07FA\u3031-\u3035\u303B]/u;
/** Printable ASCII characters, and the space, which separates the parts of a name (RFC 8265, 3.1). */
const ASCII = /[ -~]/;
/** Conjoining Hangul letters, which NFC composes in valid text (RFC 8264, 9.9). */
const CONJOINING_JAMO = /[\u1100-\u11FF\uA960-\uA97F\uD7B0-\uD7FF]/u;
/** Characters that are invisible or unassigned. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Cc}\p{Cn}]/u;
const LETTERS_AND_DIGITS = /[\p{Ll}\p{Lu}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}]/u;

/**
 * Characters that are allowed only in a certain context (RFC 5892, A.3 to A.7): beside certain characters or, for
 * U+30FB, in a name that also contains kana or Han. The invisible joiners of A.1 and A.2 are never allowed.
 */
const ALLOWED_IN_CONTEXT = new RegExp(
  [
    '(?<=l)\\u00B7(?=l)',
    '\\u0375(?=\\p{Script=Greek})',
    '(?<=\\p{Script=Hebrew})[\\u05F3\\u05F4]',
    '(?<=[\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Han}].*)\\u30FB',
    '\\u30FB(?=.*[\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Han}])',
  ].join('|'),
  'gu',
);

/**
 * Returns the first character that is not in the IdentifierClass of PRECIS (RFC 8264, 8), or that is not allowed in its
 * context.
 */
export const findForbiddenCharacter = (name: string): string | undefined =>
  Array.from(name.replace(ALLOWED_IN_CONTEXT, '')).find((character) => !isAllowed(character));

function isAllowed(character: string): boolean {
  if (ASCII.test(character) || ALLOWED_EXCEPTIONS.test(character)) return true;
  if (FORBIDDEN_EXCEPTIONS.test(character) || CONJOINING_JAMO.test(character) || INVISIBLE.test(character))
    return false;
  return character.normalize('NFKC') === character && LETTERS_AND_DIGITS.test(character);
}

/** The scripts that Unicode recommends for identifiers (UAX #31, table 5), except those of `JOINT_SCRIPTS`. */
const SCRIPTS = [
  ...['Arabic', 'Armenian', 'Bengali', 'Cyrillic', 'Devanagari', 'Ethiopic', 'Georgian', 'Greek', 'Gujarati'],
  ...['Gurmukhi', 'Hebrew', 'Kannada', 'Khmer', 'Lao', 'Malayalam', 'Myanmar', 'Oriya', 'Sinhala', 'Tamil', 'Telugu'],
  ...['Thaana', 'Thai', 'Tibetan'],
];
/** Scripts that are written together (UTS #39, 5.2, level "highly restrictive"). */
const JOINT_SCRIPTS = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
];
const PATTERNS = [...SCRIPTS.map((script) => [script]), ...JOINT_SCRIPTS].map((scripts) => {
  const classes = ['Common', 'Inherited', ...scripts].map((script) => `\\p{Script_Extensions=${script}}`);
  return new RegExp(`^[${classes.join('')}]*$`, 'u');
});

/** Returns whether all letters of a name are of one script, or of scripts that are written together. */
export const isSingleScript = (name: string): boolean => PATTERNS.some((pattern) => pattern.test(name));

const RIGHT_TO_LEFT =
  '[[\\p{Script_Extensions=Arabic}\\p{Script_Extensions=Hebrew}\\p{Script_Extensions=Thaana}]&&\\p{L}]';
const HAS_RIGHT_TO_LEFT = new RegExp(`[${RIGHT_TO_LEFT}\\u0660-\\u0669]`, 'v');
const STARTS_AND_ENDS = new RegExp(`^${RIGHT_TO_LEFT}(?:.*[${RIGHT_TO_LEFT}\\p{Nd}])?\\p{Mn}*$`, 'v');
/**
 * Matches a name with digits of two kinds: European and Arabic digits (RFC 5893, 2), or two kinds of Arabic digits (RFC
 * 5892, A.8).
 */
const MIXED_NUMBERS = /[0-9\u06F0-\u06F9].*[\u0660-\u0669]|[\u0660-\u0669].*[0-9\u06F0-\u06F9]/u;

/** Returns whether a name in one script is displayed in the order of its characters (the Bidi rule, RFC 5893, 2). */
export const isDirectionConsistent = (name: string): boolean =>
  !HAS_RIGHT_TO_LEFT.test(name) || (STARTS_AND_ENDS.test(name) && !MIXED_NUMBERS.test(name));
