/** Returns a value as Python's `str()` formats it, as clients, expressions and blueprints of authentik expect. */
export const pythonText = (value: unknown): string => (typeof value === 'string' ? value : pythonLiteral(value));

/**
 * Returns text without surrounding white space, as Python's `str.strip()` does. Unlike `trim()`, it also removes U+001C
 * to U+001F and U+0085, and keeps a byte order mark.
 */
export function pythonStrip(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isPythonSpace(text.charCodeAt(start))) start++;
  while (end > start && isPythonSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** All characters that Python treats as white space are in the Basic Multilingual Plane. */
const isPythonSpace = (code: number): boolean =>
  (code >= 0x1c && code <= 0x1f) || code === 0x85 || (code !== 0xfeff && /\s/.test(String.fromCharCode(code)));

/** Returns a JSON value as Python's `repr()` formats it: `None`, `True`, `[1, 'a']`, `{'a': None}`. */
export function pythonLiteral(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  if (typeof value !== 'object') return quoted(String(value));
  const members = Object.entries(value).map(([key, member]) => `${quoted(key)}: ${pythonLiteral(member)}`);
  return `{${members.join(', ')}}`;
}

/** Python writes numbers below this limit with an exponent; JavaScript writes them with zeros. */
const MIN_WITHOUT_EXPONENT = 1e-4;

/** Formats a number without a fraction as an integer, because JSON does not distinguish integers from floats. */
function numberText(value: number): string {
  const isSmall = value !== 0 && Math.abs(value) < MIN_WITHOUT_EXPONENT;
  const text = isSmall ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Characters that `repr()` escapes: control, format and unassigned characters, and separators except the space. */
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
