/** The program of the process that expressions run in. It reads questions and writes answers, one at a time. */
import { readFileSync, readSync, writeSync } from 'node:fs';
import { Boundary } from './boundary.js';
import { Deadline } from './deadline.js';
import { Host } from './host.js';
import { Lines } from './lines.js';
import { giveSources, loadTaught } from './python-loader.js';
import { PythonMemory } from './python-memory.js';
import { PythonRuntime } from './python-runtime.js';
import { Service } from './service.js';

const [packageFolder = '', programFolder = '', memoryMb = '256'] = process.argv.slice(2);
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

boundary.install();
const pyodide = await loadTaught(packageFolder, readFileSync(`${programFolder}/python.snapshot`));
giveSources(pyodide, `${programFolder}/python`);
pyodide.setInterruptBuffer(deadline.signal);
const runtime = PythonRuntime.harden(pyodide);
boundary.close();

new Service({ lines, host, deadline, runtime, memory: new PythonMemory(runtime) }).serve();
