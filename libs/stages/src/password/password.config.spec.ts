import { expect, it } from 'vitest';
import { hashLimits, passwordConfig } from './password.config.js';

const limitsOf = (env: Record<string, string>) => hashLimits(passwordConfig.parse(env));

it('leaves one place and half of the queue to current hashes by default', () => {
  expect(limitsOf({ PASSWORD_CONCURRENCY: '4' })).toEqual({
    all: { concurrency: 4, queue: 64 },
    legacy: { concurrency: 3, queue: 32 },
  });
  expect(limitsOf({ PASSWORD_CONCURRENCY: '1', PASSWORD_QUEUE: '1' }).legacy).toEqual({ concurrency: 1, queue: 1 });
});

it('reads the limits of hashes of an older cost from PASSWORD_LEGACY_CONCURRENCY and PASSWORD_LEGACY_QUEUE', () => {
  const legacy = { PASSWORD_LEGACY_CONCURRENCY: '2', PASSWORD_LEGACY_QUEUE: '5' };
  expect(limitsOf({ PASSWORD_CONCURRENCY: '8', ...legacy }).legacy).toEqual({ concurrency: 2, queue: 5 });
});
