/**
 * For the WITH of a statement that reads FROM lazily: its commit is seen by all at once, but waits for no disk. It is on the
 * disk with the next commit of anybody that does wait (docs/adr/0030).
 */
export const ASYNC_COMMIT = `lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))`;
