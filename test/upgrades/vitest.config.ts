import { mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.js';

/** Milliseconds that an upgrade under load may take on a slow machine. */
const DRILL_TIMEOUT_MS = 15 * 60_000;

const config = mergeConfig(shared, {});

export default {
  ...config,
  test: {
    ...config.test,
    include: ['test/upgrades/*.drill.ts'],
    globalSetup: [],
    fileParallelism: false,
    testTimeout: DRILL_TIMEOUT_MS,
    hookTimeout: DRILL_TIMEOUT_MS,
  },
};
