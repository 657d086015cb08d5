/** One request of a visit, and a text that its response must contain. */
export interface Step {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** JSON body. `$user` stands for the visitor's username. */
  readonly body?: string;
  readonly expects: string;
}

/** The requests of a visitor: the unmeasured preparation, then the measured steps. */
export interface Visit {
  readonly before: readonly Step[];
  readonly measured: readonly Step[];
}

/**
 * A job that a Driver sends to its load generator. `admit` creates `count` visitors and runs the unmeasured `steps` with
 * each. `measure` runs the measured `steps` once with each of them, `concurrency` at a time, and forgets the visitors.
 */
export type Job =
  | {
      readonly type: 'admit';
      readonly url: string;
      readonly count: number;
      readonly users: number;
      readonly steps: readonly Step[];
    }
  | { readonly type: 'measure'; readonly concurrency: number; readonly steps: readonly Step[] };

/** What the load generator measured in one job. */
export interface Measurement {
  /** Latency of each visit in milliseconds. */
  readonly latencies: readonly number[];
  /** Completed visits and elapsed milliseconds at the moment when fewer visitors than `concurrency` were left. */
  readonly atFullLoad: { readonly visits: number; readonly ms: number };
}

export type JobResult = { readonly measured: Measurement } | { readonly failure: string };
