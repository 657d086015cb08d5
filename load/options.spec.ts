import { describe, expect, it } from 'vitest';
import { LoadError } from './load-error.js';
import { parseOptions, runOptions } from './options.js';

const NEEDED = ['--url', 'https://login.example.org', '--seed', 'a seed of this test'];
const parse = (...args: string[]) => parseOptions(runOptions, [...NEEDED, ...args], {});

describe('the options of a load test', () => {
  it('are parsed from the command line, and have defaults', () => {
    expect(
      parse('--rate', '50', '--duration', '5m', '--max-p95', '250ms', '--kill', '1s=a', '--kill', '2s=b'),
    ).toMatchObject({
      ...{ rate: 50, duration: 300_000, maxP95: 250, kill: ['1s=a', '2s=b'] },
      ...{ scenario: 'login', pattern: 'poisson', ramp: 0, retryFor: 30_000, users: 1000, insecure: false },
    });
    expect(parse('--insecure', '--find-limit')).toMatchObject({ insecure: true, findLimit: true });
  });

  it.each([
    ['--rate', '0', /^--rate: /],
    ['--rate', '100001', /^--rate: /],
    ['--visitors', '1.5', /^--visitors: /],
    ['--visitors', '10001', /^--visitors: /],
    ['--duration', '999ms', /^--duration: must be from 1s to 24h/],
    ['--duration', '25h', /^--duration: must be from 1s to 24h/],
    ['--duration', '5 minutes', /^--duration: is not a duration such as 500ms, 30s, 5m or 1h/],
    ['--ramp', '61m', /^--ramp: must be from 0s to 1h/],
    ['--drain', '11m', /^--drain: must be/],
    ['--retry-for', '11m', /^--retry-for: must be/],
    ['--timeout', '99ms', /^--timeout: must be/],
    ['--max-p95', '0ms', /^--max-p95: must be/],
    ['--settle', '11m', /^--settle: must be/],
    ['--users', '10000001', /^--users: /],
    ['--max-in-flight', '100001', /^--max-in-flight: /],
    ['--workers', '65', /^--workers: /],
    ['--static-codes', '100001', /^--static-codes: /],
    ['--first-code', '-1', /first-code/],
    ['--max-errors', '1.1', /^--max-errors: /],
    ['--max-rate', '100001', /^--max-rate: /],
    ['--max-steps', '51', /^--max-steps: /],
    ['--precision', '0.001', /^--precision: /],
    ['--random-seed', '-1', /random-seed/],
    ['--prefix', 'Load', /^--prefix: /],
    ['--pattern', 'bursts', /^--pattern: /],
    ['--seed', 'short', /^--seed: must have at least 8 characters/],
    ['--speed', '3', /Unknown option '--speed'/],
  ])('refuse %s %s', (option, value, message) => {
    expect(() => parse(option, value)).toThrow(LoadError);
    expect(() => parse(option, value)).toThrow(message);
  });

  it('allow at most a hundred commands and fifty notes', () => {
    const times = (count: number, option: string) => Array.from({ length: count }, () => [option, 'a=b']).flat();
    expect(() => parse(...times(101, '--kill'))).toThrow(/^--kill: /);
    expect(() => parse(...times(51, '--note'))).toThrow(/^--note: /);
  });

  it('may come from the environment if they are secrets, and each missing one is named', () => {
    const env = { LOAD_SEED: 'a seed of this test', LOAD_POSTGRES: 'postgres://there' };
    expect(parseOptions(runOptions, NEEDED.slice(0, 2), env)).toMatchObject({
      seed: 'a seed of this test',
      postgres: 'postgres://there',
    });
    expect(() => parseOptions(runOptions, [], {})).toThrow(/^--url: .*\n--seed: is missing: set --seed or LOAD_SEED/);
  });
});
