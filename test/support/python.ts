import { describe } from 'vitest';
import { isInstalled } from '../deploy/installed.js';

/** `describe` for suites that run Python: without a python3 they are skipped and say so, unless CI is set. */
export const describeWithPython = (name: string, suite: () => void) =>
  isInstalled('python3') || process.env['CI']
    ? describe(name, suite)
    : describe.skip(`${name} (there is no python3 here)`, suite);
