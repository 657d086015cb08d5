import { mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.js';

/** Milliseconds that one drill may take on a slow machine. */
const DRILL_TIMEOUT_MS = 5 * 60_000;

const config = mergeConfig(shared, {});

export default {
  ...config,
  test: {
    ...config.test,
    include: ['test/faults/*.drill.ts'],
    globalSetup: [],
    // What the global setup of `npm test` finds.
    provide: { natsServer: process.env['NATS_SERVER'] ?? '' },
    testTimeout: DRILL_TIMEOUT_MS,
    hookTimeout: DRILL_TIMEOUT_MS,
    // One deployment at a time, so that the gaps of one do not come from the load of another.
    fileParallelism: false,
    maxWorkers: 1,
  },
};
