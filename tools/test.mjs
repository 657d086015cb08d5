/**
 * `npm test` installs packages, builds, and runs all checks and all suites. `npm test -- PATH…` runs only the test
 * files under these paths. `npm test -- --changed [REF]` runs only the test files that a change since REF can break.
 * With arguments, no checks run. The last line is `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installIfNeeded } from './install.mjs';

const NO_TESTS = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
const NO_RESULT = { passed: 0, failed: 0, skipped: 0, slowest: [] };
const SLOWEST = 10;

installIfNeeded();
const paths = await selectedPaths(process.argv.slice(2));
const failures = [];
const [checks, counts] = await Promise.all([runChecks(), buildAndRunSuites()]);

for (const { report } of checks) console.log(report);
failures.push(...checks.filter(({ passed }) => !passed).map(({ name }) => name));
if (failures.length > 0) console.log(`\nFailed besides the tests: ${failures.join(', ')}.`);
if (counts.skipped > 0) console.log(`\n${counts.skipped} skipped`);
if (counts.slowest.length > 0)
  console.log(`\nSlowest files, in seconds with their hooks:\n${counts.slowest.join('\n')}`);
const failed = counts.failed + failures.length;
console.log(`\n${counts.passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** Returns the paths to run, or `undefined` for everything. */
async function selectedPaths([first, ...rest]) {
  if (first === undefined) return undefined;
  if (first !== '--changed') return [first, ...rest];
  const { changedTestFiles } = await import('./changed-tests.mjs');
  const files = changedTestFiles(rest[0]);
  console.log(`${files.length} test files can be affected by the change.`);
  return files;
}

/** Returns no result if the build fails, or if there are no suites to run. */
async function buildAndRunSuites() {
  const built = (await run(['tools/build.mjs'])) === 0;
  if (!built) failures.push('build');
  return built && paths?.length !== 0 ? runSuites() : NO_RESULT;
}

/** Runs the checks at the same time as the build and the suites, which do not keep all cores busy. */
async function runChecks() {
  if (paths !== undefined) return [];
  const { runAllChecks } = await import('./check.mjs');
  return runAllChecks({ parallel: 1, niceness: 10 });
}

async function runSuites() {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-report-'));
  const [report, durations] = [join(folder, 'report.json'), join(folder, 'durations.json')];
  try {
    const reporters = ['default', 'json', './tools/durations-reporter.mjs'].map((name) => `--reporter=${name}`);
    const status = await run(
      ['node_modules/vitest/vitest.mjs', 'run', ...reporters, `--outputFile.json=${report}`, ...(paths ?? [])],
      { TEST_DURATIONS_FILE: durations },
    );
    return { ...countsOf(status, report), slowest: slowestFiles(readJson(durations, [])) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a script of the repository. Returns its exit code, or `null` if a signal has ended it. */
function run(args, env = {}) {
  const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  return new Promise((resolve) => child.once('close', resolve));
}

/**
 * Returns the numbers of passed and failed tests. A file that cannot be loaded, and an error outside of all tests, each
 * count as one failed test.
 */
function countsOf(status, report) {
  const results = status === null ? NO_TESTS : readJson(report, NO_TESTS);
  const unloadable = results.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = results.numFailedTests + unloadable;
  return {
    passed: results.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

function slowestFiles(durations) {
  return durations
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, SLOWEST)
    .map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)}  ${file}`);
}

function readJson(path, otherwise) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return otherwise;
  }
}
