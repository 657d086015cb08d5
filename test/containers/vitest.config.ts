import { defineConfig } from 'vitest/config';
import suites from '../../vitest.config.js';

/** Milliseconds that one test may take on a slow machine. The first test builds the base images and the image. */
const STEP_TIMEOUT_MS = 20 * 60_000;

export default defineConfig({
  resolve: { ...suites.resolve },
  test: {
    include: ['test/containers/*.drill.ts'],
    setupFiles: ['test/support/setup.ts'],
    testTimeout: STEP_TIMEOUT_MS,
    hookTimeout: STEP_TIMEOUT_MS,
    // Each test uses the deployment as the previous test left it, so the first failure ends the run.
    bail: 1,
    reporters: ['verbose'],
  },
});
