/** The result of a scenario: its tables, and whether they are within their bounds. A plain text counts as passed. */
export type ScenarioResult = string | { readonly text: string; readonly passed: boolean };

/** A part of the benchmark. */
export interface Scenario {
  readonly name: string;
  readonly run: () => Promise<ScenarioResult>;
}

/** Thrown by a scenario that this machine cannot run. The message says what is missing. */
export class LeftOutError extends Error {}

/**
 * Runs scenarios one after the other and prints their results in Markdown. The other scenarios run even if one fails or
 * cannot run. Returns whether all scenarios that could run have passed.
 */
export async function runScenarios(scenarios: readonly Scenario[], print: (text: string) => void): Promise<boolean> {
  const failed: string[] = [];
  const leftOut: string[] = [];
  for (const { name, run } of scenarios) {
    print(`\n### ${name}\n\n`);
    try {
      const result = await run();
      const { text, passed } = typeof result === 'string' ? { text: result, passed: true } : result;
      print(`${text}\n`);
      if (!passed) failed.push(name);
    } catch (error) {
      (error instanceof LeftOutError ? leftOut : failed).push(name);
      print(error instanceof LeftOutError ? `Left out: ${error.message}\n` : `Failed: ${descriptionOf(error)}\n`);
    }
  }
  if (leftOut.length > 0) print(`\nLeft out: ${leftOut.join(', ')}.\n`);
  if (failed.length > 0) print(`\nFailed: ${failed.join(', ')}.\n`);
  return failed.length === 0;
}

const descriptionOf = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));
