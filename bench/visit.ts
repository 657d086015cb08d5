/** One request of a visit, and what its answer must contain for the figures to mean anything. */
export interface Step {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** JSON; `$user` stands for the visitor's user name. */
  readonly body?: string;
  readonly expects: string;
}

/** What a visitor does: first what is not measured, then what is. */
export interface Visit {
  readonly before: readonly Step[];
  readonly measured: readonly Step[];
}

/** What the driver is told to do. Visitors are made by `admit` and used up by `measure`. */
export type Job =
  | {
      readonly type: 'admit';
      readonly url: string;
      readonly count: number;
      readonly users: number;
      readonly steps: readonly Step[];
    }
  | { readonly type: 'measure'; readonly concurrency: number; readonly steps: readonly Step[] };

/** What the driver measured. */
export interface Measured {
  /** Milliseconds of each visit. */
  readonly latencies: readonly number[];
  /** Visits that had ended, and milliseconds that had passed, when nobody was left to take the place of one who ended. */
  readonly atFullLoad: { readonly visits: number; readonly ms: number };
}

export type Done = { readonly measured: Measured } | { readonly failure: string };
