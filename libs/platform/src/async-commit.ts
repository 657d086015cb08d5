/**
 * Common table expression that makes a statement commit asynchronously (docs/adr/0030). The statement must select `FROM
 * lazily`, otherwise Postgres does not evaluate the expression. All connections see the commit at once. It becomes
 * durable with the next synchronous commit of any connection, or within a second, when Postgres writes its log in the
 * background.
 */
export const ASYNC_COMMIT = `lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))`;
