import { BlueprintError } from './blueprint-error.js';
import type { Json } from './json.js';

type Conversion = (value: Json) => string;

/** The conversions of `!Format`, by their letter. */
const conversions: Readonly<Record<string, Conversion>> = { s: text, r: literal, d: whole, i: whole };

/** Fills `%s %d %i %r %%` of a format in order, as Python's `%` does; a wrong count or type throws BlueprintError. */
export function formatPercent(format: string, values: readonly Json[]): string {
  let used = 0;
  const filled = format.replace(/%(.?)/gs, (_, letter: string) => {
    if (letter === '%') return '%';
    const convert = Object.hasOwn(conversions, letter) ? conversions[letter] : undefined;
    if (!convert) throw new BlueprintError(letter ? `unsupported format character '${letter}'` : 'incomplete format');
    const value = values[used++];
    if (value === undefined) throw new BlueprintError('not enough arguments for format string');
    return convert(value);
  });
  if (used < values.length) throw new BlueprintError('not all arguments converted during string formatting');
  return filled;
}

function text(value: Json): string {
  return typeof value === 'string' ? value : literal(value);
}

function whole(value: Json): string {
  if (typeof value === 'number') return String(Math.trunc(value));
  if (typeof value === 'boolean') return value ? '1' : '0';
  throw new BlueprintError('%d format: a real number is required');
}

function literal(value: Json): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, v]) => `${quoted(key)}: ${literal(v as Json)}`)
    .join(', ')}}`;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quoted(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const body = value.replace(/[\\\n\r\t]/g, (c) => escapes[c] ?? c);
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote;
}
