/** What a title may name. */
export interface TitleNames {
  readonly app: string;
  readonly user: string;
}

/** `%%`, or a name with flags, a width and a precision; whatever else a `%` begins is none of it. */
const PLACEHOLDER =
  /%(?:\((?<name>[^)]*)\))?(?<flags>[-+ #0]*)(?<width>\d*)(?:\.(?<precision>\d*))?[hlL]?(?<kind>.?)/gsu;

/** Columns that a title may ask for. */
const MAX_WIDTH = 200;

/**
 * A title with `%(app)s` and `%(user)s` filled in as Python's `%` would, with flags, width and precision; one that Python
 * would not take, or that fills in anything but text, stays as it is (docs/spec/executor.md#title). No blanks stand
 * around it.
 */
export function formatTitle(title: string, names: TitleNames): string {
  if (!title.includes('%')) return title;
  let fits = true;
  const filled = title.replace(PLACEHOLDER, (...match) => {
    const text = match[0] === '%%' ? '%' : formattedName(match.at(-1) as PlaceholderGroups, names);
    fits &&= text !== undefined;
    return text ?? '';
  });
  return fits ? filled.trim() : title;
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
  const letters = Array.from(names[name]);
  const kept = precision === undefined ? letters : letters.slice(0, Number(precision));
  const padding = ' '.repeat(Math.max(0, Number(width) - kept.length));
  return flags.includes('-') ? kept.join('') + padding : padding + kept.join('');
}
