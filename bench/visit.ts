/** One request of a visit. */
export interface Step {
  readonly method: 'GET' | 'POST';
  /**
   * URL path. `$flow` is replaced by the number of the visitor's flow, and `$location` by the address of the last
   * redirect.
   */
  readonly path: string;
  /** JSON body. `$user` stands for the visitor's username. */
  readonly body?: string;
  /** Text that the body of the response or the address of its redirect must contain. */
  readonly expects: string;
  /** Status that the response must have; by default any. */
  readonly status?: number;
  /**
   * Share of the requests that ask the gateway to record a trace, from 0 to 1. The other requests ask for no record.
   */
  readonly traced?: number;
}

/** The requests of a visitor: the unmeasured preparation, then the measured steps. */
export interface Visit {
  /** Name of the cookie that the visitor has, with a value that the database has already (bench/growth-data.ts). */
  readonly cookie?: string;
  /** Value of that cookie for each user; by default the session key of bench/growth-data.ts. */
  readonly values?: readonly string[];
  readonly before: readonly Step[];
  readonly measured: readonly Step[];
}

/** How many visitors visit which site, and how they are distributed over users and flows. */
export interface Audience {
  readonly url: string;
  readonly count: number;
  /** Number of users that the visitors are distributed over, at random if there are more users than visitors. */
  readonly users: number;
  /** Number of flows that the users are distributed over. */
  readonly flows: number;
}

/**
 * A job that a Driver sends to its load generator. `admit` creates `count` visitors and runs the unmeasured `steps` with
 * each. `measure` runs the measured `steps` once with each of them, `concurrency` at a time, and forgets the visitors.
 */
export type Job =
  | ({ readonly type: 'admit'; readonly steps: readonly Step[] } & Pick<Visit, 'cookie' | 'values'> & Audience)
  | { readonly type: 'measure'; readonly concurrency: number; readonly steps: readonly Step[] };

/** The measurements of one job of the load generator. */
export interface Measurement {
  /** Latency of each visit in milliseconds. */
  readonly latencies: readonly number[];
  /**
   * Completed visits and elapsed milliseconds when the first worker found no visitor waiting. Until then, `concurrency`
   * visits were running at any time, so only these visits count for the throughput.
   */
  readonly atFullLoad: { readonly visits: number; readonly ms: number };
}
