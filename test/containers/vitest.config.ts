import { defineConfig } from 'vitest/config';
import suites from '../../vitest.config.js';

/** Milliseconds that one step may take on a slow machine: the first one makes the base images and builds the image. */
const STEP_TIMEOUT_MS = 20 * 60_000;

export default defineConfig({
  resolve: { ...suites.resolve },
  test: {
    include: ['test/containers/*.drill.ts'],
    setupFiles: ['test/support/setup.ts'],
    testTimeout: STEP_TIMEOUT_MS,
    hookTimeout: STEP_TIMEOUT_MS,
    // Each step continues on the deployment that the step before has left.
    bail: 1,
    reporters: ['verbose'],
  },
});
