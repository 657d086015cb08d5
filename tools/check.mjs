/**
 * Runs all checks in CHECKS, but no test suites. `check:lint` also checks the types. A check that fails says what is
 * wrong and where.
 */
import { spawn } from 'node:child_process';
import { availableParallelism, setPriority } from 'node:os';
import { pathToFileURL } from 'node:url';

const CHECKS = [
  'check:lint',
  'check:imports',
  'check:format',
  'check:unused',
  'check:migrations',
  'check:security -- --offline',
  'check:generated',
];

/**
 * Environment of the checks. They end within a minute, so rarer garbage collections save CPU time: `GOGC` is for the
 * type checker, a Go program, `NODE_OPTIONS` for the others, which keep a tree of every source file.
 */
const ENVIRONMENT = {
  GOGC: 'off',
  GOMEMLIMIT: '4GiB',
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --max-semi-space-size=64`,
};

/** Runs all checks, `parallel` at a time. Returns the name, the result and the report of each. */
export async function runAllChecks({ parallel = availableParallelism(), niceness = 0, onEnd = () => undefined } = {}) {
  const waiting = [...CHECKS];
  const results = [];
  const work = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const result = await runCheck(name, niceness);
      results.push(result);
      onEnd(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, CHECKS.length) }, work));
  return results;
}

function runCheck(name, niceness) {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const child = spawn('npm', ['run', '--silent', ...name.split(' ')], {
      env: { ...process.env, ...ENVIRONMENT },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (niceness > 0) setPriority(child.pid, niceness);
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('close', (code) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      const passed = code === 0;
      const text = passed ? '' : `\n${Buffer.concat(output).toString()}\n`;
      resolve({ name, passed, report: `${text}${passed ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)` });
    });
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const results = await runAllChecks({ onEnd: ({ report }) => console.log(report) });
  process.exitCode = results.some(({ passed }) => !passed) ? 1 : 0;
}
