import type { PyodideInterface } from 'pyodide';

/**
 * The functions of Python's C API that this process calls. None of them gives Python a reference to a JavaScript
 * object, by which an expression could leave its sandbox.
 */
interface PythonModule {
  HEAPU8: Uint8Array;
  FS: { streams: (object | null | undefined)[] };
  _malloc(size: number): number;
  _emscripten_stack_get_current(): number;
  __emscripten_stack_restore(pointer: number): void;
  _PyImport_AddModule(name: number): number;
  _PyObject_GetAttrString(object: number, name: number): number;
  _PyObject_CallOneArg(callable: number, argument: number): number;
  _PyBytes_FromStringAndSize(text: number, size: number): number;
  _PyBytes_AsString(bytes: number): number;
  _PyBytes_Size(bytes: number): number;
  _PyErr_Clear(): void;
  _Py_DecRef(object: number): void;
}

/** The functions of evaluation.py that this process calls. Each takes bytes and returns bytes. */
export const PYTHON_FUNCTIONS = ['evaluate_pure', 'evaluate_impure', 'check'] as const;
export type FunctionName = (typeof PYTHON_FUNCTIONS)[number];

/**
 * Thrown if Python needed more stack than the process has. Python's memory must then be restored before the next call.
 */
export class StackOverflowError extends Error {}

/** Calls Python functions through Python's C API, without Pyodide's bridge to JavaScript. */
export class PythonRuntime {
  private readonly functions: Readonly<Record<FunctionName, number>>;

  private constructor(private readonly module: PythonModule) {
    const evaluation = module._PyImport_AddModule(this.cString('evaluation'));
    const functions = PYTHON_FUNCTIONS.map((name) => [
      name,
      module._PyObject_GetAttrString(evaluation, this.cString(name)),
    ]);
    this.functions = Object.fromEntries(functions);
  }

  /**
   * Removes what Python could use to leave its sandbox. Must be called after `preloadModules`. Close the ImportGuard
   * afterwards.
   */
  static harden(pyodide: PyodideInterface): PythonRuntime {
    pyodide.runPython('import hardening\nhardening.harden()');
    return new PythonRuntime(Reflect.get(pyodide, '_module'));
  }

  get memory(): Uint8Array {
    return this.module.HEAPU8;
  }

  /**
   * Calls a function and returns its reply. Returns undefined if Python raised an error instead, such as MemoryError.
   * Throws StackOverflowError if data or calls were nested too deeply.
   */
  call(name: FunctionName, argument: Uint8Array): Buffer | undefined {
    const stack = this.module._emscripten_stack_get_current();
    try {
      return this.callFunction(name, argument);
    } catch (error) {
      // A RangeError is a stack overflow of V8: Python limits its own stack, but V8's stack is smaller.
      if (!(error instanceof RangeError)) throw error;
      this.module.__emscripten_stack_restore(stack);
      throw new StackOverflowError('the stack of Python overflowed', { cause: error });
    }
  }

  /** Closes all files that an expression left open. */
  closeFiles(): void {
    const { streams } = this.module.FS;
    for (let descriptor = 3; descriptor < streams.length; descriptor++) streams[descriptor] = null;
  }

  private callFunction(name: FunctionName, argument: Uint8Array): Buffer | undefined {
    const { module } = this;
    const bytesObject = module._PyBytes_FromStringAndSize(0, argument.length);
    if (bytesObject === 0) return this.clearError();
    module.HEAPU8.set(argument, module._PyBytes_AsString(bytesObject));
    const reply = module._PyObject_CallOneArg(this.functions[name], bytesObject);
    module._Py_DecRef(bytesObject);
    if (reply === 0) return this.clearError();
    const start = module._PyBytes_AsString(reply);
    const bytes = Buffer.from(module.HEAPU8.slice(start, start + module._PyBytes_Size(reply)));
    module._Py_DecRef(reply);
    return bytes;
  }

  private clearError(): undefined {
    this.module._PyErr_Clear();
    return undefined;
  }

  private cString(text: string): number {
    const bytes = Buffer.from(`${text}\0`);
    const pointer = this.module._malloc(bytes.length);
    this.module.HEAPU8.set(bytes, pointer);
    return pointer;
  }
}
