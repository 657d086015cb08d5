import { mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.js';

/** Milliseconds that one test may take on a slow machine. */
const DRILL_TIMEOUT_MS = 5 * 60_000;

const config = mergeConfig(shared, {});

export default {
  ...config,
  test: {
    ...config.test,
    include: ['test/restore/*.drill.ts'],
    testTimeout: DRILL_TIMEOUT_MS,
    hookTimeout: DRILL_TIMEOUT_MS,
    // Each test uses the database as the previous test left it, so the first failure ends the run.
    bail: 1,
  },
};
