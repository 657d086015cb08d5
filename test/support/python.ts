import { describe } from 'vitest';
import { isInstalled } from '../deploy/installed.js';

/** `describe` for suites that need Python. Without Python, these suites are skipped, or fail if CI is set. */
export const describeWithPython = isInstalled('python3') || process.env['CI'] ? describe : describe.skip;
