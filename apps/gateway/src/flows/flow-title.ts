import { pythonStrip } from '@gatehouse/contracts';

/** Values of the placeholders of a title. */
export interface TitleNames {
  readonly app: string;
  readonly user: string;
}

/** `%%`, or a placeholder with flags, a width and a precision. */
const PLACEHOLDER =
  /%(?:\((?<name>[^)]*)\))?(?<flags>[-+ #0]*)(?<width>\d*)(?:\.(?<precision>\d*))?[hlL]?(?<kind>.?)/gsu;

/** Largest width of a placeholder. */
const MAX_WIDTH = 200;

/**
 * Fills in `%(app)s` and `%(user)s` like Python's `%` operator, with flags, width and precision, and trims the result.
 * Returns the title unchanged if Python would refuse it, or if a placeholder is not for text
 * (docs/spec/executor.md#title).
 */
export function formatTitle(title: string, names: TitleNames): string {
  if (!title.includes('%')) return title;
  let isValid = true;
  const filled = title.replace(PLACEHOLDER, (...match) => {
    const text = match[0] === '%%' ? '%' : formattedName(match.at(-1) as PlaceholderGroups, names);
    isValid &&= text !== undefined;
    return text ?? '';
  });
  return isValid ? pythonStrip(filled) : title;
}

interface PlaceholderGroups {
  readonly name?: string;
  readonly flags: string;
  readonly width: string;
  readonly precision?: string;
  readonly kind: string;
}

function formattedName(
  { name, flags, width, precision, kind }: PlaceholderGroups,
  names: TitleNames,
): string | undefined {
  if (kind !== 's' || (name !== 'app' && name !== 'user') || Number(width) > MAX_WIDTH) return undefined;
  const characters = Array.from(names[name]);
  const shown = precision === undefined ? characters : characters.slice(0, Number(precision));
  const padding = ' '.repeat(Math.max(0, Number(width) - shown.length));
  return flags.includes('-') ? shown.join('') + padding : padding + shown.join('');
}
