import { describe } from 'vitest';
import { isInstalled } from '../deploy/installed.js';

/** `describe` for suites that need Python. They are skipped where there is none, and fail there if CI is set. */
export const describeWithPython = isInstalled('python3') || process.env['CI'] ? describe : describe.skip;
