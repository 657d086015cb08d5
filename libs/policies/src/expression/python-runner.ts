import type { Evaluation, EvaluationResult, HostCallbacks, Interpreter } from '@gatehouse/expressions';
import type { ConcurrencyLimiter } from '@gatehouse/platform';
import type { ExpressionLimits } from './expression-events.js';

/**
 * Runs Python expressions, at most POLICY_PYTHON at the same time (`limiter`), each in a process of the interpreter.
 * The interpreter has one more process, a spare.
 */
export class PythonRunner {
  constructor(
    private readonly interpreter: Interpreter,
    private readonly limiter: ConcurrencyLimiter,
    readonly limits: ExpressionLimits,
  ) {}

  /**
   * Evaluates an expression. Throws BusyError when the queue is full, or when the time is over before a process is
   * free.
   */
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
