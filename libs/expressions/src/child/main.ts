/** The program of the process that expressions run in. It reads questions and writes answers, one at a time. */
import { constants, readSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { loadPyodide as load } from 'pyodide';
import { Boundary } from './boundary.js';
import { Deadline } from './deadline.js';
import { Host } from './host.js';
import { Lines } from './lines.js';
import { PythonMemory } from './python-memory.js';
import { PythonRuntime } from './python-runtime.js';
import { Service } from './service.js';

const [packageFolder = '', sourceFolder = '', memoryMb = '256'] = process.argv.slice(2);
const MB = 2 ** 20;
/** Not the standard input, which Node may make one that cannot be waited for. */
const PARENT = 3;

const lines = new Lines(
  (buffer) => readSync(PARENT, buffer),
  (bytes) => writeSync(PARENT, bytes),
);
const deadline = new Deadline();
const host = new Host(lines, deadline);
const boundary = new Boundary(host, Number(memoryMb) * MB);

// The only one that the loader asks for, and it wants numbers.
Object.assign(process, { binding: () => ({ fs: constants }) });
boundary.install();
const { loadPyodide }: { loadPyodide: typeof load } = await import(pathToFileURL(`${packageFolder}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ jsglobals: Object.create(null), env: {}, indexURL: packageFolder });
pyodide.setInterruptBuffer(deadline.signal);
const runtime = PythonRuntime.prepare(pyodide, sourceFolder);
boundary.close();

new Service({ lines, host, deadline, runtime, memory: new PythonMemory(runtime) }).serve();
