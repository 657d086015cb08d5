import { createHash } from 'node:crypto';

/** Number of rows. Requests use them in turn, so that no two concurrent requests share a row. */
const ROWS = 2000;

/** A plan with the size of the dummy flows' plans. */
export const PLAN = {
  v: 1,
  steps: [{ binding: 'x'.repeat(36) }],
  cursor: 0,
  context: {},
  states: {},
  filler: 'x'.repeat(280),
};

/** Returns the stored session keys (SHA-256 of the cookie's value), one after another. */
export class SessionKeys {
  private turn = 0;

  /** Returns the keys of all rows. */
  static all(): Buffer[] {
    return Array.from({ length: ROWS }, (_, row) => keyOf(row));
  }

  next(): Buffer {
    return keyOf(this.turn++ % ROWS);
  }
}

const keyOf = (row: number) => createHash('sha256').update(String(row)).digest();

/** A row with a sealed plan. */
export interface Row {
  readonly id: string;
  readonly session: string;
  readonly revision: number;
  readonly body: Buffer;
}

/** Sealed plans in Postgres. */
export interface Table {
  fill(): Promise<void>;
  /** Loads and opens the next plan. */
  load(): Promise<{ row: Row; plan: unknown }>;
  /** Seals and saves the plan. Returns false if another request has saved it first. */
  save(row: Row, plan: unknown): Promise<boolean>;
}
