import type { Evaluation, EvaluationResult, ExpressionInput, HostCallbacks, Interpreter } from '../src/index.js';

interface EvaluatorOptions {
  readonly ask?: HostCallbacks;
  readonly timeoutMs?: Evaluation['timeoutMs'];
}

const nothing: HostCallbacks = async () => null;

/** Runs sources as a test wants them: with time enough on any machine, and nobody to ask unless it says so. */
export const evaluator =
  (interpreter: () => Interpreter) =>
  (
    source: string,
    given: ExpressionInput = {},
    { ask = nothing, timeoutMs = 15_000 }: EvaluatorOptions = {},
  ): Promise<EvaluationResult> =>
    interpreter().run({ source, given, timeoutMs }, ask);
