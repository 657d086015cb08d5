import { expect, it } from 'vitest';
import { benchOptions } from './bench-options.js';

it('benchOptions returns the named scenarios and the number of users, by default a million', () => {
  expect(benchOptions(['growth', 'peers'])).toEqual({ scenarios: ['growth', 'peers'], users: 1_000_000 });
  expect(benchOptions(['growth', '--users', '10000000'])).toMatchObject({ users: 10_000_000 });
});

it('benchOptions throws for fewer than 10000 users and for unknown options', () => {
  expect(() => benchOptions(['growth', '--users', '10'])).toThrow('--users is 10, expected');
  expect(() => benchOptions(['--rounds', '1'])).toThrow('--rounds');
});
