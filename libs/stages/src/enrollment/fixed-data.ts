type Bag = Readonly<Record<string, unknown>>;

const ATTRIBUTES = 'attributes';

/** What is known, with what an invitation fixed in it: in the place of what was typed, and beside what else is there. */
export function mergeFixedData(data: Bag, fixed: Bag): { readonly data: Bag; readonly locked: string[] } {
  const locked = Object.entries(fixed).flatMap(([key, value]) => (key === ATTRIBUTES ? leaves(key, value) : [key]));
  const kept = Object.entries(data).filter(([key]) => !Object.hasOwn(fixed, key) && isUnlocked(key, locked));
  const merged = Object.entries(fixed).map(([key, value]) => [key, mergeValues(own(data, key), value)]);
  return { data: Object.fromEntries([...kept, ...merged]) as Bag, locked };
}

/** Whether no fixed key is this one, inside of it, or around it. */
const isUnlocked = (key: string, locked: readonly string[]) =>
  locked.every((one) => one !== key && !one.startsWith(`${key}.`) && !key.startsWith(`${one}.`));

/** The keys of what stands in an object, as fields of a form would have them. */
function leaves(key: string, value: unknown): string[] {
  if (!isBag(value) || Object.keys(value).length === 0) return [key];
  return Object.entries(value).flatMap(([name, inner]) => leaves(`${key}.${name}`, inner));
}

/** Objects are merged, lists follow each other, and of anything else what is fixed counts. */
function mergeValues(known: unknown, fixed: unknown): unknown {
  if (Array.isArray(known) && Array.isArray(fixed)) return [...known, ...fixed];
  if (!isBag(known) || !isBag(fixed)) return fixed;
  const inner = Object.entries(fixed).map(([key, value]) => [key, mergeValues(own(known, key), value)]);
  return { ...known, ...(Object.fromEntries(inner) as Bag) };
}

const own = (bag: Bag, key: string): unknown => (Object.hasOwn(bag, key) ? bag[key] : undefined);
const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value);
