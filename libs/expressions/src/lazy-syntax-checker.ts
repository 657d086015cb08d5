import type { PythonSyntaxError } from './evaluation.js';
import { Interpreter } from './interpreter.js';

const MEMORY_MB = 256;

/** Checks the syntax of Python expressions, one at a time. Starts a Python process at the first check. */
export class LazyPythonSyntaxChecker {
  #python: Promise<Interpreter> | undefined;

  async check(source: string): Promise<PythonSyntaxError | undefined> {
    this.#python ??= this.start();
    return (await this.#python).check(source);
  }

  async close(): Promise<void> {
    await (await this.#python)?.close();
  }

  /** Starts Python. After a failed start, the next check tries again. */
  private async start(): Promise<Interpreter> {
    try {
      return await Interpreter.start({ memoryMb: MEMORY_MB, spares: 0 });
    } catch (error) {
      this.#python = undefined;
      throw error;
    }
  }
}

/** Checks the syntax of an expression. */
type SyntaxChecker = Pick<LazyPythonSyntaxChecker, 'check'>;

/** Calls `use` with the checker `given`. Without `given`, makes a checker and closes it afterwards. */
export async function withSyntaxChecker<T>(
  given: SyntaxChecker | undefined,
  use: (syntax: SyntaxChecker) => Promise<T>,
): Promise<T> {
  if (given) return use(given);
  const checker = new LazyPythonSyntaxChecker();
  try {
    return await use(checker);
  } finally {
    await checker.close();
  }
}
