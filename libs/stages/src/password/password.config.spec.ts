import { expect, it } from 'vitest';
import { hashLimits, passwordConfig } from './password.config.js';

const limitsOf = (env: Record<string, string>) => hashLimits(passwordConfig.parse(env));

it('hashLimits reserves one slot for current hashes by default, and limits both expected waits equally', () => {
  expect(limitsOf({ PASSWORD_CONCURRENCY: '4' })).toEqual({
    all: { concurrency: 4, maxWaitMs: 1000 },
    legacy: { concurrency: 3, maxWaitMs: 1000 },
  });
  const single = { PASSWORD_CONCURRENCY: '1', PASSWORD_WAIT_MS: '50' };
  expect(limitsOf(single).legacy).toEqual({ concurrency: 1, maxWaitMs: 50 });
});

it('hashLimits reads the limits of legacy hashes from PASSWORD_LEGACY_CONCURRENCY and PASSWORD_LEGACY_WAIT_MS', () => {
  const legacy = { PASSWORD_LEGACY_CONCURRENCY: '2', PASSWORD_LEGACY_WAIT_MS: '5' };
  expect(limitsOf({ PASSWORD_CONCURRENCY: '8', ...legacy }).legacy).toEqual({ concurrency: 2, maxWaitMs: 5 });
});
