import { mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.js';

/** Milliseconds that one test may take on a slow machine. */
const DRILL_TIMEOUT_MS = 5 * 60_000;

const config = mergeConfig(shared, {});

export default {
  ...config,
  test: {
    ...config.test,
    include: ['test/faults/*.drill.ts'],
    globalSetup: [],
    // Takes the place of the global setup of `npm test`, which looks for a nats-server and provides its path.
    provide: { natsServer: process.env['NATS_SERVER'] ?? '' },
    testTimeout: DRILL_TIMEOUT_MS,
    hookTimeout: DRILL_TIMEOUT_MS,
    // Runs one deployment at a time. The load of another one could cause gaps in the logins.
    fileParallelism: false,
    maxWorkers: 1,
  },
};
