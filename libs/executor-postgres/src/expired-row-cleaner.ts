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

/** Seconds until another gateway takes over if this one dies. A batch takes at most 10 s. */
const LEASE_S = 30;

/** Milliseconds between two checks whether the statements of requests are still slow. */
const PAUSE_MS = 250;

/** Largest number of rows per table that `backlog` counts. */
export const MAX_BACKLOG = 10_000;

export interface CleanerSettings {
  /** Largest number of rows of a table that one transaction reads. */
  readonly batchRows: number;
  /** Percentage of its time that a sweep may spend on deletions. It pauses for the rest. */
  readonly timePercent: number;
  readonly retention: Retention;
}

interface CleanerObserver {
  /** Returns whether the cleaner should wait, because requests are slow. */
  readonly isBusy: () => boolean;
  /** Called after each batch that has deleted rows. */
  readonly onRemoved: (table: string, rows: number) => void;
  /** Called with the numbers of expired plans, after the batch that deleted them. */
  readonly onEnded?: (plans: PlanEndings) => void;
  /** Called after a sweep over all tables, with the number of rows that it has deleted from each. */
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
   * Deletes all expired rows, in batches of one transaction each. Does nothing if another gateway is sweeping. If this
   * gateway is sweeping already, waits for that sweep.
   */
  async sweep(): Promise<void> {
    this.running ??= this.sweepOnce().finally(() => {
      this.running = undefined;
    });
    await this.running;
  }

  /** Stops the sweep after its current batch. Another gateway may then take over. */
  async stop(): Promise<void> {
    this.stopping.abort();
    // Ignored here, because a failure is thrown to the caller of `sweep`.
    await this.running?.catch(() => undefined);
  }

  /** Returns how many rows of each table the next sweep will read, at most `MAX_BACKLOG` each. */
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
   * Deletes the expired rows of one table, batch after batch. Each batch reads the index from the end of the batch
   * before, so that it skips the index entries of deleted rows. Returns the number of deleted rows; `undefined` if the
   * cleaner was stopped or another gateway is sweeping.
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

  /**
   * Takes or renews the lease for one batch. Returns false if the cleaner was stopped or another gateway has the lease.
   */
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
