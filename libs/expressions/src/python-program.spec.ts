import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ChildLineProcess } from './child-line-process.js';
import { pythonProgram } from './python-program.js';

const SECRET = 'GATEHOUSE_TEST_SECRET';
beforeEach(() => {
  process.env[SECRET] = 'of the host';
});
afterEach(() => {
  delete process.env[SECRET];
});

/** JavaScript code that an expression might run if it could leave Python. */
const ESCAPED = `
const attempt = (run) => { try { return String(run()); } catch (error) { return error.code ?? error.name; } };
const fs = require('node:fs');
console.log(JSON.stringify([
  attempt(() => fs.readFileSync('/etc/passwd')),
  attempt(() => fs.writeFileSync('/tmp/gatehouse-escaped', '')),
  attempt(() => require('node:child_process').execSync('id')),
  attempt(() => new (require('node:worker_threads').Worker)('1', { eval: true })),
  attempt(() => eval('1')),
]));`;

it('grants JavaScript that escaped from Python no file, process, thread or code of its own (accident 16)', () => {
  const all = pythonProgram(64);
  const options = all.slice(
    0,
    all.findIndex((argument) => argument.endsWith('main.js')),
  );
  const output = execFileSync(process.execPath, [...options, '-e', ESCAPED], { encoding: 'utf8' });
  expect(JSON.parse(output)).toEqual([...Array(4).fill('ERR_ACCESS_DENIED'), 'EvalError']);
});

it('starts the process of Python without the environment variables of its parent (accident 16)', async () => {
  const report = "require('node:fs').writeSync(3, JSON.stringify(Object.keys(process.env)) + '\\n')";
  const line = await new Promise<string>((resolve) => void new ChildLineProcess(['-e', report], resolve));
  expect(JSON.parse(line)).toEqual(['MALLOC_MMAP_THRESHOLD_']);
});
