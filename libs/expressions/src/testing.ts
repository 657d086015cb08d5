import type { Evaluation, Given, Interpreter, Outcome, Questions } from './index.js';

interface Circumstances {
  readonly ask?: Questions;
  readonly timeoutMs?: Evaluation['timeoutMs'];
}

const nothing: Questions = async () => null;

/** Runs sources as a test wants them: with time enough on any machine, and nobody to ask unless it says so. */
export const evaluator =
  (interpreter: () => Interpreter) =>
  (source: string, given: Given = {}, { ask = nothing, timeoutMs = 15_000 }: Circumstances = {}): Promise<Outcome> =>
    interpreter().run({ source, given, timeoutMs }, ask);
