/** The newest required migration of each Postgres schema: the timestamp in its name. */
export type SchemaVersions = Readonly<Record<string, number>>;

/** Nest injection token of the schema versions. A pool waits until the database has these migrations. */
export const REQUIRED_SCHEMAS = Symbol('required schemas');
