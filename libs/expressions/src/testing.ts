import type { Evaluation, Given, Questions } from './evaluation.js';
import type { Interpreter } from './interpreter.js';

const nothing: Questions = async () => null;

/** Runs sources as a test wants them: with time enough on any machine, and nobody to ask unless it says so. */
export const evaluator =
  (interpreter: () => Interpreter) =>
  (
    source: string,
    given: Given = {},
    { ask = nothing, timeoutMs = 15_000 }: Partial<Evaluation & { ask: Questions }> = {},
  ) =>
    interpreter().run({ source, given, timeoutMs }, ask);
