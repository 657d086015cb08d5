import type { PythonSyntaxChecker } from '@gatehouse/blueprints';
import { Interpreter, type PythonSyntaxError } from '@gatehouse/expressions';

const MEMORY_MB = 256;

/** Checks the syntax of Python expressions. Starts the Python interpreter at the first check. */
export class LazyPythonSyntaxChecker implements PythonSyntaxChecker {
  #python: Promise<Interpreter> | undefined;

  async check(source: string): Promise<PythonSyntaxError | undefined> {
    this.#python ??= Interpreter.start({ memoryMb: MEMORY_MB });
    return (await this.#python).check(source);
  }

  async close(): Promise<void> {
    await (await this.#python)?.close();
  }
}
