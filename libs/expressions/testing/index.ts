import type { Evaluation, EvaluationResult, ExpressionInput, HostCallbacks, Interpreter } from '../src/index.js';

interface EvaluatorOptions {
  readonly ask?: HostCallbacks;
  readonly timeoutMs?: Evaluation['timeoutMs'];
}

const noHost: HostCallbacks = async () => null;

/**
 * Returns a function that evaluates a source. The time limit is generous. By default, the host replies null to every
 * request.
 */
export const evaluator =
  (interpreter: () => Interpreter) =>
  (
    source: string,
    input: ExpressionInput = {},
    { ask = noHost, timeoutMs = 15_000 }: EvaluatorOptions = {},
  ): Promise<EvaluationResult> =>
    interpreter().run({ source, input: input, timeoutMs }, ask);
