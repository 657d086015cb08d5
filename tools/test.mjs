/**
 * Everything that has to hold before a change is good, on a bare clone too: install, checks, build, every suite.
 * `npm test -- <path>…` builds and runs only the test files named. The last line is `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installIfNeeded } from './install.mjs';

const paths = process.argv.slice(2);
const failures = [];

installIfNeeded();
if (paths.length === 0) {
  const { check } = await import('./check.mjs');
  failures.push(...(await check()));
}
const built = node('tools/build.mjs') === 0;
if (!built) failures.push('build');
const counts = built ? suites() : { passed: 0, failed: 0, skipped: 0 };

if (failures.length > 0) console.log(`\nFailed besides the tests: ${failures.join(', ')}.`);
if (counts.skipped > 0) console.log(`\n${counts.skipped} skipped`);
const failed = counts.failed + failures.length;
console.log(`\n${counts.passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function suites() {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-report-'));
  const report = join(folder, 'report.json');
  try {
    const status = node(
      'node_modules/vitest/vitest.mjs',
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...paths,
    );
    return countsOf(status, report);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A file that cannot be loaded has no tests that fail, and an error outside of any test belongs to none: both count as one. */
function countsOf(status, report) {
  const none = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  const found = status === null ? none : readReport(report, none);
  const broken = found.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = found.numFailedTests + broken;
  return {
    passed: found.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: found.numPendingTests + found.numTodoTests,
  };
}

function readReport(path, none) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return none;
  }
}

function node(...args) {
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status;
}
