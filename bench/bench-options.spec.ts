import { expect, it } from 'vitest';
import { benchOptions } from './bench-options.js';

it('takes scenarios by name, and a million users unless another number is given', () => {
  expect(benchOptions(['growth', 'peers'])).toEqual({ scenarios: ['growth', 'peers'], users: 1_000_000 });
  expect(benchOptions(['growth', '--users', '10000000'])).toMatchObject({ users: 10_000_000 });
});

it('refuses a number of users that growth cannot be measured with, and unknown options', () => {
  expect(() => benchOptions(['growth', '--users', '10'])).toThrow('--users is 10, expected');
  expect(() => benchOptions(['--rounds', '1'])).toThrow('--rounds');
});
