import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import {
  type BatchRow,
  type CleanedTable,
  cleanedTables,
  type PlanEndings,
  RELEASE_LEASE,
  type Retention,
  TAKE_LEASE,
} from './cleanup.statements.js';
import { interval } from './commit-effects.js';

const LEASE = 'cleanup';

/** Seconds after which another gateway cleans up, if this one has died. A batch takes at most 10 s. */
const LEASE_S = 30;

/** Milliseconds between two checks whether requests are slow. */
const PAUSE_MS = 250;

/** Largest number of rows that `backlog` counts in one table. */
export const MAX_BACKLOG = 10_000;

export interface CleanerSettings {
  /** Largest number of rows that one transaction looks at in a table. */
  readonly batchRows: number;
  /** Percentage of a sweep's time in which it deletes. For the rest of the time it pauses. */
  readonly timePercent: number;
  readonly retention: Retention;
}

interface CleanerObserver {
  /** Returns whether the cleaner should wait, because requests are slow. */
  readonly isBusy: () => boolean;
  /** Called after each batch. */
  readonly onRemoved: (table: string, rows: number) => void;
  /** Called for the plans that ran out of time, after the batch that has deleted them. */
  readonly onEnded?: (plans: PlanEndings) => void;
  /** Called after a round that has looked at every table, with the numbers of rows that it has deleted. */
  readonly onRound?: (removed: ReadonlyMap<string, number>) => void;
}

/**
 * Deletes expired rows to free space. Correctness does not depend on the deletion: every statement ignores expired
 * rows.
 */
export class ExpiredRowCleaner {
  private readonly holder = randomUUID();
  private readonly stopping = new AbortController();
  private readonly tables: readonly CleanedTable[];
  private running: Promise<void> | undefined;

  constructor(
    private readonly source: DataSource,
    private readonly settings: CleanerSettings,
    private readonly observer: CleanerObserver,
  ) {
    this.tables = cleanedTables(settings.retention);
  }

  /**
   * Deletes all expired rows, in batches of one transaction each. Does nothing while another gateway sweeps. Returns the
   * running sweep, if there is one.
   */
  async sweep(): Promise<void> {
    this.running ??= this.sweepOnce().finally(() => {
      this.running = undefined;
    });
    await this.running;
  }

  /** Ends the sweep after its current batch, and lets another gateway take over. */
  async stop(): Promise<void> {
    this.stopping.abort();
    // A failure is reported by `sweep`.
    await this.running?.catch(() => undefined);
  }

  /** Returns how many rows of each table the next sweep looks at, at most `MAX_BACKLOG`. */
  async backlog(): Promise<readonly { readonly table: string; readonly rows: number }[]> {
    const text = this.tables.map(({ backlog }) => `(${backlog})`).join(' UNION ALL ');
    const statement = { name: 'cleanup.backlog', text };
    return (await runNamed<{ table: string; rows: number }>(this.source, statement, [MAX_BACKLOG])).rows;
  }

  private async sweepOnce(): Promise<void> {
    const removed = new Map<string, number>();
    try {
      for (const table of this.tables) {
        const rows = await this.clean(table);
        if (rows === undefined) return;
        removed.set(table.table, rows);
      }
      this.observer.onRound?.(removed);
    } finally {
      await runNamed(this.source, RELEASE_LEASE, [LEASE, this.holder]);
    }
  }

  /**
   * Cleans one table, batch after batch. Each batch reads the index from where the last one ended, because the entries
   * before it are dead. Returns the number of deleted rows; `undefined` if the cleaner stops or another gateway sweeps.
   */
  private async clean({ table, clean }: CleanedTable): Promise<number | undefined> {
    const { batchRows } = this.settings;
    let removed = 0;
    for (let from = '-infinity', seen = batchRows; seen === batchRows; ) {
      await this.waitForRequests();
      if (!(await this.holdLease())) return undefined;
      const startedAt = performance.now();
      const { rows } = await runNamed<BatchRow>(this.source, clean, [from, batchRows]);
      const batch = rows[0]!;
      ({ seen } = batch);
      from = batch.last ?? from;
      removed += batch.removed;
      for (const endings of batch.endings ?? []) this.observer.onEnded?.(endings);
      if (batch.removed > 0) this.observer.onRemoved(table, batch.removed);
      if (seen === batchRows) await this.rest(performance.now() - startedAt);
    }
    return removed;
  }

  /** Returns whether this gateway may run the next batch. Each batch renews the lease. */
  private async holdLease(): Promise<boolean> {
    if (this.stopping.signal.aborted) return false;
    return (await runNamed(this.source, TAKE_LEASE, [LEASE, this.holder, interval(LEASE_S)])).rows.length > 0;
  }

  private async waitForRequests() {
    while (this.observer.isBusy() && !this.stopping.signal.aborted) await this.pause(PAUSE_MS);
  }

  private rest(workMs: number): Promise<void> {
    return this.pause(workMs * (100 / this.settings.timePercent - 1));
  }

  /** Resolves after `ms` milliseconds, or when the cleaner is stopped. */
  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
