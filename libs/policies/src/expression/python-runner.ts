import type { Evaluation, EvaluationResult, HostCallbacks, Interpreter } from '@gatehouse/expressions';
import type { ConcurrencyLimiter } from '@gatehouse/platform';
import type { ExpressionLimits } from './expression-events.js';

/**
 * Runs Python expressions, each in a separate process of the interpreter. At most POLICY_PYTHON of them run at the same
 * time (`limiter`). The interpreter keeps one more process as a spare.
 */
export class PythonRunner {
  constructor(
    private readonly interpreter: Interpreter,
    private readonly limiter: ConcurrencyLimiter,
    readonly limits: ExpressionLimits,
  ) {}

  /** Evaluates an expression. Throws BusyError if the queue is full, or if no process is free before the time limit. */
  run(evaluation: Evaluation, callbacks: HostCallbacks): Promise<EvaluationResult> {
    const until = performance.now() + evaluation.timeoutMs;
    const left = () => Math.floor(until - performance.now());
    const run = () => this.interpreter.run({ ...evaluation, timeoutMs: Math.max(1, left()) }, callbacks);
    return this.limiter.run(run, () => left() > 0);
  }

  onApplicationShutdown(): Promise<void> {
    return this.interpreter.close();
  }
}
