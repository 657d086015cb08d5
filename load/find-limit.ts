/** The bounds of a search for the highest rate. */
export interface LimitSearch {
  /** The rate of the first step. */
  readonly from: number;
  /** No higher rate is tried. */
  readonly max: number;
  /** The search ends when the gap between `passed` and `failed` is at most this share of `failed`. */
  readonly precision: number;
  /** Largest number of steps. */
  readonly steps: number;
}

/** The result of a search: the highest rate that passed, and the lowest rate above it that did not pass. */
export interface FoundLimit {
  readonly passed: number | undefined;
  readonly failed: number | undefined;
}

/**
 * Searches for the highest rate that passes. Doubles the rate until a step fails, or halves it until a step passes, and
 * then bisects. `probe` runs the load of one step and returns whether it passed.
 */
export async function findLimit(search: LimitSearch, probe: (rate: number) => Promise<boolean>): Promise<FoundLimit> {
  let passed: number | undefined;
  let failed: number | undefined;
  for (let step = 0; step < search.steps; step++) {
    const rate = nextRate(search, passed, failed);
    if (rate === undefined) break;
    if (await probe(rate)) passed = rate;
    else failed = rate;
  }
  return { passed, failed };
}

function nextRate({ from, max, precision }: LimitSearch, passed?: number, failed?: number): number | undefined {
  if (passed === undefined) return failed === undefined ? from : failed / 2;
  if (failed === undefined) return passed >= max ? undefined : Math.min(passed * 2, max);
  return failed - passed <= precision * failed ? undefined : (passed + failed) / 2;
}
