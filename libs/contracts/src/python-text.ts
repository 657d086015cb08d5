/** Values as Python's `str()` and `repr()` write them: clients, expressions and blueprints of the reference expect these texts. */

/** The text of a value: text itself, and anything else as a literal. */
export const pythonText = (value: unknown): string => (typeof value === 'string' ? value : pythonLiteral(value));

/** A value of JSON as a Python literal: `None`, `True`, `[1, 'a']`, `{'a': None}`. */
export function pythonLiteral(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  if (typeof value !== 'object') return quoted(String(value));
  const members = Object.entries(value).map(([key, member]) => `${quoted(key)}: ${pythonLiteral(member)}`);
  return `{${members.join(', ')}}`;
}

/** Below this, Python writes an exponent, where JavaScript goes on with zeros. */
const SMALLEST_PLAIN = 1e-4;

/** JSON does not say whether a number without a fraction is an integer. It counts as one. */
function numberText(value: number): string {
  const isSmall = value !== 0 && Math.abs(value) < SMALLEST_PLAIN;
  const text = isSmall ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Characters that Python does not print as they are: controls, formats, separators but the space, unassigned ones. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu;

function quoted(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const body = value
    .replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character)
    .replace(UNPRINTABLE, escaped);
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote;
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  const [letter, digits] = code < 0x100 ? ['x', 2] : code < 0x1_0000 ? ['u', 4] : ['U', 8];
  return `\\${letter}${code.toString(16).padStart(digits, '0')}`;
}
