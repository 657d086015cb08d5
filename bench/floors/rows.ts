import { createHash } from 'node:crypto';

/** Rows that requests take in turns, so that no two of them meet at one. */
const ROWS = 2000;

/** A plan as small as those of the dummy flows. */
export const PLAN = {
  v: 1,
  steps: [{ binding: 'x'.repeat(36) }],
  cursor: 0,
  context: {},
  states: {},
  filler: 'x'.repeat(280),
};

/** Whose plan a request loads and saves: SHA-256 of a session cookie. */
export class Keys {
  private turn = 0;

  /** The keys of all rows. */
  static all(): Buffer[] {
    return Array.from({ length: ROWS }, (_, row) => keyOf(row));
  }

  next(): Buffer {
    return keyOf(this.turn++ % ROWS);
  }
}

const keyOf = (row: number) => createHash('sha256').update(String(row)).digest();

/** One plan in Postgres, as a request finds it. */
export interface Row {
  readonly id: string;
  readonly session: string;
  readonly revision: number;
  readonly body: Buffer;
}

/** Plans in Postgres, sealed: what no solve can do without. */
export interface Table {
  fill(): Promise<void>;
  /** One plan loaded and opened. */
  load(): Promise<{ row: Row; plan: unknown }>;
  /** The same plan sealed and saved, if nobody else has. */
  save(row: Row, plan: unknown): Promise<boolean>;
}
