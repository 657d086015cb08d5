/** Returns whether Python counts a value as true: anything but nothing, zero and what is empty. */
export function isTrue(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value);
  return Object.keys(value).length > 0;
}
