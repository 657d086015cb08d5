/** What an address says by a key of its query: of one that it repeats, the last counts. */
export const lastValue = (value: unknown): unknown => (Array.isArray(value) ? (value.at(-1) as unknown) : value);
