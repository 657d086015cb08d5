const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether something names a row; whatever else it is, no row has it, and Postgres need not be asked. */
export const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);
