import type { Evaluation, Interpreter, Outcome, Questions } from '@gatehouse/expressions';
import type { Bounded } from '@gatehouse/platform';

/**
 * Python for expressions, so many at a time as it has processes; one more is there for what they call. A policy that is
 * called runs while its caller waits, and so must not stand in line behind others of those.
 */
export class Python {
  constructor(
    private readonly interpreter: Interpreter,
    private readonly bounded: Bounded,
  ) {}

  /** Evaluates a source. Throws Busy when too many wait, or when its time has passed in line. */
  run(evaluation: Evaluation & { readonly called?: boolean }, ask: Questions): Promise<Outcome> {
    const until = performance.now() + evaluation.timeoutMs;
    const left = () => Math.floor(until - performance.now());
    const run = () => this.interpreter.run({ ...evaluation, timeoutMs: Math.max(1, left()) }, ask);
    return evaluation.called ? run() : this.bounded.run(run, () => left() > 0);
  }

  onApplicationShutdown(): Promise<void> {
    return this.interpreter.close();
  }
}
