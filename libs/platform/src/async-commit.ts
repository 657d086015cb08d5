/**
 * Common table expression that makes the statement commit asynchronously (docs/adr/0030). The statement must select
 * `FROM lazily`, because Postgres skips an expression that nothing reads. All connections see the commit at once. It
 * becomes durable with the next synchronous commit of any connection, or when Postgres writes its write-ahead log in
 * the background, within a second.
 */
export const ASYNC_COMMIT = `lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))`;
