/**
 * Common table expression that makes a statement commit asynchronously. The statement must read `FROM lazily`. Its commit is
 * visible to all connections at once, but it is only durable after the next synchronous commit of any connection
 * (docs/adr/0030).
 */
export const ASYNC_COMMIT = `lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))`;
