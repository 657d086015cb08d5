const MAX_PK = 2 ** 31 - 1;

/** The number by which an address or a form calls something; undefined when it cannot be one. */
export const parsePk = (id: unknown): number | undefined =>
  typeof id === 'string' && /^[1-9]\d{0,9}$/.test(id) && Number(id) <= MAX_PK ? Number(id) : undefined;
