import type { QueryRunner } from 'typeorm';

/** Number of rows that one statement of a backfill changes and locks. */
const BATCH_ROWS = 1000;

/** A table and one of its columns, as SQL identifiers. */
interface Column {
  readonly table: string;
  readonly column: string;
}

/** An index: its name with the schema, and the part of its CREATE INDEX statement that follows `ON`. */
interface Index {
  readonly name: string;
  readonly on: string;
  readonly unique?: boolean;
}

/**
 * Creates an index while other statements read and write the table. Does nothing if the index exists. Replaces an
 * invalid index, which an interrupted run leaves behind. Only for migrations without a transaction.
 */
export async function createIndexConcurrently(runner: QueryRunner, { name, on, unique = false }: Index): Promise<void> {
  const [index]: { indisvalid: boolean }[] = await runner.query(
    'SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)',
    [name],
  );
  if (index?.indisvalid === true) return;
  await dropIndexConcurrently(runner, name);
  const statement = `CREATE ${unique ? 'UNIQUE ' : ''}INDEX CONCURRENTLY ${name.split('.').at(-1)} ON ${on}`;
  await withoutLockTimeout(runner, statement);
}

/** Drops an index, if it exists, while other statements use the table. Only for migrations without a transaction. */
export const dropIndexConcurrently = (runner: QueryRunner, name: string): Promise<void> =>
  withoutLockTimeout(runner, `DROP INDEX CONCURRENTLY IF EXISTS ${name}`);

/**
 * Runs a CONCURRENTLY statement without a lock timeout. It may wait long for older transactions, but no other statement
 * waits for it.
 */
async function withoutLockTimeout(runner: QueryRunner, statement: string): Promise<void> {
  await runner.query('SET lock_timeout = 0');
  try {
    await runner.query(statement);
  } finally {
    await runner.query('RESET lock_timeout');
  }
}

/**
 * Updates a whole table in batches, so that no transaction locks more than 1000 rows. Runs `statement` until it returns
 * null. $1 is the largest key of the previous batch (0 at first), $2 the number of rows of a batch. The statement
 * returns one row, whose `last` is the largest key of its batch, or null if the batch is empty. Only for migrations
 * without a transaction.
 */
export async function updateInBatches(runner: QueryRunner, statement: string): Promise<void> {
  for (let last: number | null = 0; last !== null; ) {
    const rows: { last: number | null }[] = await runner.query(statement, [last, BATCH_ROWS]);
    last = rows[0]?.last ?? null;
  }
}

/**
 * Makes a column NOT NULL while other statements use the table. It validates a constraint first, because this finds
 * nulls without blocking others; setting NOT NULL alone would scan the locked table. Only for migrations without a
 * transaction.
 */
export async function setNotNull(runner: QueryRunner, { table, column }: Column): Promise<void> {
  const constraint = `${column}_is_set`;
  const [found]: { attnotnull: boolean }[] = await runner.query(
    'SELECT attnotnull FROM pg_attribute WHERE attrelid = $1::regclass AND attname = $2',
    [table, column],
  );
  if (found?.attnotnull !== true) {
    await runner.query(
      `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${constraint},
         ADD CONSTRAINT ${constraint} CHECK (${column} IS NOT NULL) NOT VALID`,
    );
    await runner.query(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${constraint}`);
    // DROP CONSTRAINT is a separate statement: combined, Postgres would drop the constraint first, and then scan the
    // locked table for nulls.
    await runner.query(`ALTER TABLE ${table} ALTER COLUMN ${column} SET NOT NULL`);
  }
  await runner.query(`ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${constraint}`);
}
