import { afterEach, describe, expect, it } from 'vitest';
import { LoadError } from './load-error.js';
import { runLoad } from './run-load.js';
import { scriptedSite } from './testing/scripted-site.js';

let close: () => Promise<void> = async () => undefined;
afterEach(() => close());

const run = (...args: string[]) =>
  runLoad(['--url', 'http://127.0.0.1:1', '--seed', 'a seed of this test', ...args], {});

describe('a load test', () => {
  it.each([
    [[], 'Set either --rate (open model) or --visitors (closed model).'],
    [['--rate', '1', '--visitors', '1'], 'Set either --rate (open model) or --visitors (closed model).'],
    [['--visitors', '1', '--find-limit'], '--find-limit needs --rate, the rate of its first load.'],
    [
      ['--rate', '1', '--find-limit', '--kill', '1s=true'],
      '--find-limit runs no commands: leave out --kill and --kills.',
    ],
    [['--rate', '1', '--duration', '5s', '--ramp', '5s'], '--ramp must be shorter than --duration.'],
    [['--rate', '1', '--users', '1', '--workers', '2'], 'There must be at least as many --users as --workers.'],
    [
      ['--rate', '1', '--scenario', 'login-static'],
      'The scenario uses recovery codes: set --static-codes to the number that each account has.',
    ],
  ])('does not begin with the options %j', async (args, message) => {
    await expect(run(...args)).rejects.toThrow(new LoadError(message));
  });

  it('does not begin if the deployment cannot be reached or has no such flow', async () => {
    await expect(run('--rate', '1')).rejects.toThrow(/^http:\/\/127.0.0.1:1 cannot be reached: .*ECONNREFUSED/);
    const site = await scriptedSite({ status: 404 });
    close = site.close;
    await expect(run('--rate', '1', '--url', site.url)).rejects.toThrow(/ has no flow default-authentication-flow\./);
  });
});
