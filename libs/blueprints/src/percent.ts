import { pythonLiteral, pythonText } from '@gatehouse/contracts';
import { BlueprintError } from './blueprint-error.js';
import type { Json } from './json.js';

type Conversion = (value: Json) => string;

/** The conversions of `!Format` by letter. */
const conversions: Readonly<Record<string, Conversion>> = { s: pythonText, r: pythonLiteral, d: integer, i: integer };

/** Formats `%s %d %i %r %%` like Python's `%` operator. Throws BlueprintError for a wrong number or type of values. */
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

function integer(value: Json): string {
  if (typeof value === 'number') return String(Math.trunc(value));
  if (typeof value === 'boolean') return value ? '1' : '0';
  throw new BlueprintError('%d format: a real number is required');
}
