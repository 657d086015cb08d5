import type { FlowReleases } from '@gatehouse/blueprints';
import { escapeUnprintable, firstCharacters } from '@gatehouse/contracts';
import type { VersionChange } from '@gatehouse/web';

type Change = Awaited<ReturnType<FlowReleases['diff']>>[number];

/** Longest value that the page shows, in characters. The page says that a longer one is cut off. */
const MAX_VALUE_LENGTH = 2000;

/** Returns a difference between two versions with its values as texts. */
export const presentChange = ({ fields, ...change }: Change): VersionChange => ({
  ...change,
  fields: fields.map(({ field, before, after, secret }) => ({
    field,
    ...(secret && { secret }),
    ...(before !== undefined && { before: textOf(before) }),
    ...(after !== undefined && { after: textOf(after) }),
  })),
});

/**
 * Returns a multi-line text, such as an expression, as it is but with unprintable characters as codes; any other value
 * as JSON. Cuts off a long text.
 */
function textOf(value: unknown): string {
  const text =
    typeof value === 'string' && value.includes('\n')
      ? value.split('\n').map(escapeUnprintable).join('\n')
      : escapeUnprintable(JSON.stringify(value));
  const start = firstCharacters(text, MAX_VALUE_LENGTH);
  return start === text ? text : `${start}…`;
}
