import type { Evaluation, EvaluationResult, HostCallbacks, Interpreter } from '@gatehouse/expressions';
import type { ConcurrencyLimiter } from '@gatehouse/platform';
import type { ExpressionLimits } from './expression-events.js';

/** Python for expressions, so many at a time as it has processes; one more stands by. */
export class PythonRunner {
  constructor(
    private readonly interpreter: Interpreter,
    private readonly bounded: ConcurrencyLimiter,
    readonly limits: ExpressionLimits,
  ) {}

  /** Evaluates a source. Throws Busy when too many wait, or when its time has passed in line. */
  run(evaluation: Evaluation, ask: HostCallbacks): Promise<EvaluationResult> {
    const until = performance.now() + evaluation.timeoutMs;
    const left = () => Math.floor(until - performance.now());
    const run = () => this.interpreter.run({ ...evaluation, timeoutMs: Math.max(1, left()) }, ask);
    return this.bounded.run(run, () => left() > 0);
  }

  onApplicationShutdown(): Promise<void> {
    return this.interpreter.close();
  }
}
