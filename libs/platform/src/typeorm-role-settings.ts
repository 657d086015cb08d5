import type { DataSource } from 'typeorm';

/**
 * Postgres settings for the connections of services. They are stored for the role, because connection poolers refuse
 * them as startup parameters (docs/adr/0057).
 * `plan_cache_mode`: planning a long statement at each execution would take longer than running it.
 * `random_page_cost`: hot rows are in memory, so an index lookup is cheap, and small tables need no sequential scan.
 * `statement_timeout`: ends a statement before the visitor gives up. Transactions that change flows raise it.
 */
export const ROLE_SETTINGS = {
  plan_cache_mode: 'force_generic_plan',
  random_page_cost: '1.1',
  statement_timeout: '10s',
} as const;

/** A role and a database, as SQL expressions that return their names. */
interface RoleInDatabase {
  readonly role: string;
  readonly database: string;
}

const OWN: RoleInDatabase = { role: 'current_user', database: 'current_database()' };

/**
 * Returns a statement that stores ROLE_SETTINGS for a role in a database, by default the current ones. They apply to
 * new connections. A role may store them for itself. The statement takes a lock, because without it, processes that run
 * it at the same time would fail.
 */
export function storeRoleSettings({ role, database }: RoleInDatabase = OWN): string {
  const each = Object.entries(ROLE_SETTINGS).map(
    ([name, value]) =>
      `EXECUTE format('ALTER ROLE %I IN DATABASE %I SET ${name} = %L', ${role}, ${database}, '${value}');`,
  );
  return `DO $$ BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('gatehouse role settings'));
    ${each.join('\n    ')}
  END $$`;
}

const CURRENT = `SELECT ${Object.keys(ROLE_SETTINGS)
  .map((name) => `current_setting('${name}') AS ${name}`)
  .join(', ')}`;

/** Returns the names of those ROLE_SETTINGS that a connection of the pool does not have. */
export async function missingSettings(source: DataSource): Promise<string[]> {
  const [current] = await source.query<Record<string, string>[]>(CURRENT);
  return Object.entries(ROLE_SETTINGS).flatMap(([name, value]) => (current?.[name] === value ? [] : [name]));
}
