import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongSuitesFirst } from './test/support/long-suites-first.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@gatehouse\/contracts\/sentence$/, replacement: at('./libs/contracts/src/sentence.ts') },
      { find: /^@gatehouse\/texts\/browser$/, replacement: at('./libs/texts/src/browser.ts') },
      { find: /^@gatehouse\/([\w-]+)\/testing$/, replacement: at('./libs/$1/testing/index.ts') },
      { find: /^@gatehouse\/stages\/captcha$/, replacement: at('./libs/stages/src/captcha/index.ts') },
      { find: /^@gatehouse\/stages\/consent$/, replacement: at('./libs/stages/src/consent/index.ts') },
      { find: /^@gatehouse\/stages\/devices$/, replacement: at('./libs/stages/src/mfa/import/index.ts') },
      { find: /^@gatehouse\/stages\/enrollment$/, replacement: at('./libs/stages/src/enrollment/index.ts') },
      {
        find: /^@gatehouse\/stages\/password$/,
        replacement: at('./libs/stages/src/password/password-hashes.ts'),
      },
      { find: /^@gatehouse\/stages\/modules$/, replacement: at('./libs/stages/src/modules.ts') },
      { find: /^@gatehouse\/stages$/, replacement: at('./libs/stages/src/catalogue.ts') },
      { find: /^@gatehouse\/(client|react)$/, replacement: at('./packages/$1/src/index.ts') },
      { find: /^@gatehouse\/client\/webauthn$/, replacement: at('./packages/client/src/webauthn.ts') },
      { find: /^@gatehouse\/web$/, replacement: at('./apps/web/src/index.ts') },
      { find: /^@gatehouse\/gateway$/, replacement: at('./apps/gateway/src/index.ts') },
      { find: /^@gatehouse\/([\w-]+)$/, replacement: at('./libs/$1/src/index.ts') },
    ],
  },
  test: {
    include: [
      'libs/**/*.spec.ts',
      'apps/**/*.spec.ts',
      'load/**/*.spec.ts',
      'packages/**/*.spec.ts',
      'test/**/*.spec.ts',
      'tools/**/*.spec.ts',
      'bench/**/*.spec.ts',
      'test/**/*.journey.ts',
    ],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/setup.ts'],
    // Two more than the cores of the CI machine, because a worker often waits for other processes. With 4 workers a whole
    // run took 571 s, with 3 it took 644 s.
    maxWorkers: 4,
    // Most of the first allocations of a worker are modules, which it keeps. A larger young generation copies less of
    // them.
    execArgv: ['--max-semi-space-size=64'],
    sequence: { sequencer: LongSuitesFirst },
    // A worker loads each module once for all test files, because loading the modules again for each file took longer
    // than the tests. A test must therefore not leave a module changed.
    isolate: false,
    // Keeps transformed modules in node_modules for the next run, which loads them in half the time. A CI system has no
    // next run.
    experimental: { fsModuleCache: !process.env['CI'] },
    testTimeout: 40_000,
    // The default is one second, which a busy machine may need.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 120_000,
    env: { LOG_LEVEL: 'silent' },
  },
});
