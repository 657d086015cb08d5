import 'reflect-metadata';
// Listens for the end of the test run. It is a separate module, because Vitest evaluates this file for each test file of
// the worker, but an imported module only once.
import './orphaned-worker.js';
import { afterAll, afterEach, type RunnerTestFile, type RunnerTestSuite } from 'vitest';
import { missedBlocks } from './code-blocks.js';

let file: RunnerTestFile | undefined;
afterEach(({ task }) => {
  file = task.file;
});

afterAll(() => {
  const missed = missedBlocks(file?.filepath ?? '');
  if (file !== undefined && missed.length > 0 && hasPassed(file))
    throw new Error(`No test of this file takes these code blocks: ${missed.join(', ')}`);
});

/** Returns whether all tests of a suite have run and passed. A skipped test may be the one that takes a block. */
function hasPassed({ tasks }: RunnerTestSuite): boolean {
  return tasks.every((task) => (task.type === 'suite' ? hasPassed(task) : task.result?.state === 'pass'));
}
