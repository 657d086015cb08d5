import { describe } from 'vitest';
import { isInstalled } from '../deploy/installed.js';

/** `describe` for suites that run Python: skipped where there is no python3, unless CI is set. */
export const describeWithPython = isInstalled('python3') || process.env['CI'] ? describe : describe.skip;
