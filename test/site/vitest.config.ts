import { mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.js';

const config = mergeConfig(shared, {});

export default {
  ...config,
  test: {
    ...config.test,
    include: ['test/site/*.drill.ts'],
    globalSetup: ['test/site/global-setup.ts'],
    setupFiles: [],
  },
};
