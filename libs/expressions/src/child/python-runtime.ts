import type { PyodideInterface } from 'pyodide';

/** The functions of Python's own C interface that are used here: none of them makes an object of JavaScript. */
interface PythonModule {
  HEAPU8: Uint8Array;
  FS: { streams: (object | null | undefined)[] };
  _malloc(size: number): number;
  _PyImport_AddModule(name: number): number;
  _PyObject_GetAttrString(object: number, name: number): number;
  _PyObject_CallOneArg(callable: number, argument: number): number;
  _PyBytes_FromStringAndSize(text: number, size: number): number;
  _PyBytes_AsString(bytes: number): number;
  _PyBytes_Size(bytes: number): number;
  _PyErr_Clear(): void;
  _Py_DecRef(object: number): void;
}

/** What can be asked of Python: functions that take bytes and give bytes. */
export const PYTHON_FUNCTIONS = ['evaluate_plain', 'evaluate_any', 'check'] as const;
export type FunctionName = (typeof PYTHON_FUNCTIONS)[number];

/** Python, called from outside without its bridge to JavaScript. */
export class PythonRuntime {
  private readonly functions: Readonly<Record<FunctionName, number>>;

  private constructor(private readonly module: PythonModule) {
    const evaluation = module._PyImport_AddModule(this.text('evaluation'));
    const found = PYTHON_FUNCTIONS.map((name) => [name, module._PyObject_GetAttrString(evaluation, this.text(name))]);
    this.functions = Object.fromEntries(found);
  }

  /** Hardens Python, which must have been taught; the way out must be closed after that. */
  static harden(pyodide: PyodideInterface): PythonRuntime {
    pyodide.runPython('import hardening\nhardening.harden()');
    return new PythonRuntime(Reflect.get(pyodide, '_module'));
  }

  get memory(): Uint8Array {
    return this.module.HEAPU8;
  }

  /** Undefined when Python could not even answer. */
  call(name: FunctionName, argument: Uint8Array): Buffer | undefined {
    const { module } = this;
    const given = module._PyBytes_FromStringAndSize(0, argument.length);
    if (given === 0) return this.cleared();
    module.HEAPU8.set(argument, module._PyBytes_AsString(given));
    const answer = module._PyObject_CallOneArg(this.functions[name], given);
    module._Py_DecRef(given);
    if (answer === 0) return this.cleared();
    const start = module._PyBytes_AsString(answer);
    const bytes = Buffer.from(module.HEAPU8.slice(start, start + module._PyBytes_Size(answer)));
    module._Py_DecRef(answer);
    return bytes;
  }

  /** Closes the files that were left open. */
  closeFiles(): void {
    const { streams } = this.module.FS;
    for (let descriptor = 3; descriptor < streams.length; descriptor++) streams[descriptor] = null;
  }

  private cleared(): undefined {
    this.module._PyErr_Clear();
    return undefined;
  }

  private text(text: string): number {
    const bytes = Buffer.from(`${text}\0`);
    const at = this.module._malloc(bytes.length);
    this.module.HEAPU8.set(bytes, at);
    return at;
  }
}
