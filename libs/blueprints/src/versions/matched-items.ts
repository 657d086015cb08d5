/** Items of two lists that belong together, and those that are only in one of the lists. */
interface Matched<T> {
  /** In the order of the second list. */
  readonly pairs: readonly (readonly [before: T, after: T])[];
  readonly removed: readonly T[];
  readonly added: readonly T[];
}

/** Matches the items of two lists by the first key that is equal. Each item is matched once. */
export function matched<T>(
  before: readonly T[],
  after: readonly T[],
  keys: readonly ((item: T) => string)[],
): Matched<T> {
  const partners = new Map<T, T>();
  const rest = new Set(before);
  for (const keyOf of keys) {
    for (const item of after) {
      if (partners.has(item)) continue;
      const partner = [...rest].find((candidate) => keyOf(candidate) === keyOf(item));
      if (partner === undefined) continue;
      partners.set(item, partner);
      rest.delete(partner);
    }
  }
  return {
    pairs: after.flatMap((item) => (partners.has(item) ? [[partners.get(item) as T, item] as const] : [])),
    removed: [...rest],
    added: after.filter((item) => !partners.has(item)),
  };
}

/**
 * Returns the items that have moved: all items outside a longest common subsequence of both lists. `items` are items of
 * `before` in their new order.
 */
export function movedItems<T>(items: readonly T[], before: readonly T[]): ReadonlySet<T> {
  const best: T[][] = [];
  for (const [i, item] of items.entries()) {
    const series = best.slice(0, i).filter((earlier) => before.indexOf(earlier.at(-1) as T) < before.indexOf(item));
    const longest = series.reduce<T[]>((a, b) => (b.length > a.length ? b : a), []);
    best.push([...longest, item]);
  }
  const kept = best.reduce<T[]>((a, b) => (b.length > a.length ? b : a), []);
  return new Set(items.filter((item) => !kept.includes(item)));
}
