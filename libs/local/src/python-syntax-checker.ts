import type { PythonSyntaxChecker } from '@gatehouse/blueprints';
import { Interpreter, type PythonSyntaxError } from '@gatehouse/expressions';

const MEMORY_MB = 256;

/** Checks the syntax of Python expressions, one at a time. Starts a Python process at the first check. */
export class LazyPythonSyntaxChecker implements PythonSyntaxChecker {
  #python: Promise<Interpreter> | undefined;

  async check(source: string): Promise<PythonSyntaxError | undefined> {
    this.#python ??= Interpreter.start({ memoryMb: MEMORY_MB, spares: 0 });
    return (await this.#python).check(source);
  }

  async close(): Promise<void> {
    await (await this.#python)?.close();
  }
}

/** Calls `use` with the checker `given`, or else with a new checker, which is closed afterwards. */
export async function withSyntaxChecker<T>(
  given: PythonSyntaxChecker | undefined,
  use: (syntax: PythonSyntaxChecker) => Promise<T>,
): Promise<T> {
  if (given) return use(given);
  const checker = new LazyPythonSyntaxChecker();
  try {
    return await use(checker);
  } finally {
    await checker.close();
  }
}
