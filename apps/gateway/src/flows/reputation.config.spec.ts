import { expect, it } from 'vitest';
import { reputationConfig, reputationLimits } from './reputation.config.js';

const limits = (API_VERSION: '2024.8' | '2026.8', env: object = {}) =>
  reputationLimits({ ...reputationConfig.parse(env), API_VERSION });

it('reputation scores are limited to −5 and 5 in 2026.8, and not limited in 2024.8', () => {
  expect(limits('2026.8')).toEqual({ lowest: -5, highest: 5 });
  expect(limits('2024.8')).toEqual({ lowest: undefined, highest: undefined });
});

it('reputation scores are limited by the settings in both versions', () => {
  const env = { REPUTATION_LOWER_LIMIT: '-20', REPUTATION_UPPER_LIMIT: '0' };
  expect(limits('2026.8', env)).toEqual({ lowest: -20, highest: 0 });
  expect(limits('2024.8', env)).toEqual({ lowest: -20, highest: 0 });
});

it.each([{ REPUTATION_LOWER_LIMIT: '1' }, { REPUTATION_UPPER_LIMIT: '-1' }, { REPUTATION_UPPER_LIMIT: '2147483648' }])(
  'the limits of reputation scores refuse %j',
  (env) => {
    expect(reputationConfig.safeParse(env).success).toBe(false);
  },
);
