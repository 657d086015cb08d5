/** Main program of the child process that evaluates expressions, one at a time. */
import { readSync, writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Deadline } from './deadline.js';
import { EvaluationServer } from './evaluation-server.js';
import { HostChannel } from './host-channel.js';
import { ImportGuard } from './import-guard.js';
import { LineChannel } from './line-channel.js';
import { MemoryImages } from './memory-images.js';
import { loadFromSnapshot, removeDevices, writeSources } from './python-loader.js';
import { PythonRuntime } from './python-runtime.js';

const [packageFolder = '', programFolder = '', memoryMb = '256'] = process.argv.slice(2);
const MB = 2 ** 20;
/**
 * File descriptor of the pipe to the parent process. Standard input is not used for it, because Node.js may make it
 * non-blocking.
 */
const PARENT_FD = 3;

const lines = new LineChannel(
  (buffer) => readSync(PARENT_FD, buffer),
  (bytes) => writeSync(PARENT_FD, bytes),
);
const deadline = new Deadline();
const host = new HostChannel(lines, deadline);
const guard = new ImportGuard(host, Number(memoryMb) * MB);

// Sets the default value of Node 22. The default of Node 20 is a seventh of it, and V8 would spend a fifth of the start
// on optimising functions that run only once. A V8 without this flag prints a warning.
setFlagsFromString('--wasm-tiering-budget=13000000');
guard.install();
const pyodide = await loadFromSnapshot(packageFolder, `${programFolder}/python.snapshot`);
writeSources(pyodide, `${programFolder}/python`);
pyodide.setInterruptBuffer(deadline.signal);
const runtime = PythonRuntime.harden(pyodide);
removeDevices(pyodide);
guard.close();

new EvaluationServer({ lines, host, deadline, runtime, memory: new MemoryImages(runtime) }).serve();
