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

/** A job of the load generator. `admit` creates visitors, `measure` uses each of them once. */
export type Job =
  | {
      readonly type: 'admit';
      readonly url: string;
      readonly count: number;
      readonly users: number;
      readonly steps: readonly Step[];
    }
  | { readonly type: 'measure'; readonly concurrency: number; readonly steps: readonly Step[] };

/** The measurement of the load generator. */
export interface Measurement {
  /** Latency of each visit in milliseconds. */
  readonly latencies: readonly number[];
  /** Completed visits and elapsed milliseconds at the moment when fewer visitors than `concurrency` were left. */
  readonly atFullLoad: { readonly visits: number; readonly ms: number };
}

export type JobResult = { readonly measured: Measurement } | { readonly failure: string };
