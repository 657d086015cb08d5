import { type Sealer, sealKeyIdOf, UnsealError } from '@gatehouse/platform';
import type { DataSource, EntityManager } from 'typeorm';
import { ResealCount } from './reseal-count.js';
import type { SealedColumn } from './sealed-columns.js';

/** Rows that one transaction locks. Other processes wait for these rows for milliseconds. */
const BATCH = 200;
/** Largest number of passes over a table while other transactions lock some of its rows. */
const MAX_PASSES = 5;

type Row = Readonly<Record<string, unknown>> & { readonly sealed: Buffer };

/** SQL for the id of the key that sealed a column (docs/spec/storage.md#sealing). */
export const keyIdSql = (column: string) =>
  `convert_from(substring(${column} FROM 3 FOR get_byte(${column}, 1)), 'UTF8')`;

/**
 * Seals the values of one column with the current key, in batches by primary key. Skips rows that other transactions
 * lock, so it never waits while it holds locks (deadlock), and visits them in a further pass.
 */
export class ColumnResealer {
  private readonly count: ResealCount;

  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
    private readonly target: SealedColumn,
  ) {
    this.count = new ResealCount(`${target.table}.${target.column}`);
  }

  /** Returns the counts. With `dryRun`, opens every value and changes nothing. */
  async run(dryRun: boolean): Promise<ResealCount> {
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      this.count.unopened.clear();
      for (let after: Row | undefined; ; ) {
        after = await this.source.transaction((manager) => this.batch(manager, after, dryRun));
        if (!after) break;
      }
      if (dryRun || (await this.remaining()) <= this.count.unopenedTotal) break;
    }
    this.count.remaining = dryRun ? 0 : (await this.remaining()) - this.count.unopenedTotal;
    this.count.current = await this.numberOf('=');
    return this.count;
  }

  /** Reseals the next batch. Returns its last row, or `undefined` after the last batch. */
  private async batch(manager: EntityManager, after: Row | undefined, dryRun: boolean): Promise<Row | undefined> {
    const rows = await this.next(manager, after);
    const resealed = rows.flatMap((row) => {
      const sealed = this.reseal(row);
      return sealed ? [{ ...row, sealed }] : [];
    });
    this.count.resealed += resealed.length;
    if (!dryRun && resealed.length > 0) await this.save(manager, resealed);
    return rows.length < BATCH ? undefined : rows.at(-1);
  }

  private reseal(row: Row): Buffer | undefined {
    const id = this.target.sealId(row);
    try {
      return this.sealer.seal(id, this.sealer.open(id, row.sealed));
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
      this.count.addUnopened(sealKeyIdOf(row.sealed));
      return undefined;
    }
  }

  private next(manager: EntityManager, after: Row | undefined): Promise<Row[]> {
    const { table, column, key, columns = [] } = this.target;
    const names = Object.keys(key);
    const types = Object.values(key);
    const beyond = after
      ? `AND (${names.join(', ')}) > (${types.map((type, i) => `$${i + 2}::${type}`).join(', ')})`
      : '';
    return manager.query(
      `SELECT ${[...names, ...columns].join(', ')}, ${column} AS sealed FROM ${table}
       WHERE ${column} IS NOT NULL AND ${keyIdSql(column)} <> $1 ${beyond}
       ORDER BY ${names.join(', ')} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
      [this.sealer.currentKeyId, ...(after ? names.map((name) => after[name]) : [])],
    );
  }

  private async save(manager: EntityManager, rows: readonly Row[]): Promise<void> {
    const { table, column, key } = this.target;
    const names = Object.keys(key);
    const arrays = Object.values(key).map((type, i) => `$${i + 1}::${type}[]`);
    await manager.query(
      `UPDATE ${table} t SET ${column} = n.sealed
       FROM unnest(${[...arrays, `$${names.length + 1}::bytea[]`].join(', ')}) n(${[...names, 'sealed'].join(', ')})
       WHERE ${names.map((name) => `t.${name} = n.${name}`).join(' AND ')}`,
      [...names.map((name) => rows.map((row) => row[name])), rows.map(({ sealed }) => sealed)],
    );
  }

  private remaining(): Promise<number> {
    return this.numberOf('<>');
  }

  private async numberOf(comparison: '=' | '<>'): Promise<number> {
    const { table, column } = this.target;
    const [row] = await this.source.query<[{ count: number }]>(
      `SELECT count(*)::int AS count FROM ${table} WHERE ${column} IS NOT NULL AND ${keyIdSql(column)} ${comparison} $1`,
      [this.sealer.currentKeyId],
    );
    return row.count;
  }
}
