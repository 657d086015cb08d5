/** The program of the process that expressions run in. It reads questions and writes answers, one at a time. */
import { readFileSync, readSync, writeSync } from 'node:fs';
import { Deadline } from './deadline.js';
import { EvaluationServer } from './evaluation-server.js';
import { HostChannel } from './host-channel.js';
import { ImportGuard } from './import-guard.js';
import { LineChannel } from './line-channel.js';
import { MemorySnapshot } from './memory-snapshot.js';
import { loadFromSnapshot, writeSources } from './python-loader.js';
import { PythonRuntime } from './python-runtime.js';

const [packageFolder = '', programFolder = '', memoryMb = '256'] = process.argv.slice(2);
const MB = 2 ** 20;
/** Not the standard input, which Node may make one that cannot be waited for. */
const PARENT = 3;

const lines = new LineChannel(
  (buffer) => readSync(PARENT, buffer),
  (bytes) => writeSync(PARENT, bytes),
);
const deadline = new Deadline();
const host = new HostChannel(lines, deadline);
const boundary = new ImportGuard(host, Number(memoryMb) * MB);

boundary.install();
const pyodide = await loadFromSnapshot(packageFolder, readFileSync(`${programFolder}/python.snapshot`));
writeSources(pyodide, `${programFolder}/python`);
pyodide.setInterruptBuffer(deadline.signal);
const runtime = PythonRuntime.harden(pyodide);
boundary.close();

new EvaluationServer({ lines, host, deadline, runtime, memory: new MemorySnapshot(runtime) }).serve();
