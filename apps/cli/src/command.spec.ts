import { PassThrough } from 'node:stream';
import { CommandError } from '@gatehouse/local';
import { expect, it } from 'vitest';
import { type Command, runCommand, warnNewDatabase } from './command.js';

async function outputOf(run: Command['run'], args: readonly string[] = []) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runCommand({ name: 'flow', usage: 'usage: flow', run }, args, {
    env: {},
    stdin: new PassThrough(),
    stdout,
    stderr,
  });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

it('a command escapes terminal sequences in names, whether it succeeds or fails', async () => {
  const hostile = 'pw\u001b[2J\u009b1A\u202e\nnext line';
  const shown = 'pw\\u{1b}[2J\\u{9b}1A\\u{202e}\nnext line\n';
  expect(await outputOf(async () => `created ${hostile}`)).toEqual({ code: 0, stdout: `created ${shown}`, stderr: '' });
  expect(await outputOf(() => Promise.reject(new CommandError(`no flow ${hostile}`)))).toEqual({
    ...{ code: 1, stdout: '', stderr: `flow: no flow ${shown}` },
  });
});

it.each(['--help', '-h'])('a command prints its usage for %s, and does nothing else', async (option) => {
  const run = () => Promise.reject(new CommandError('was run'));
  expect(await outputOf(run, ['delete', option])).toEqual({ code: 0, stdout: 'usage: flow\n', stderr: '' });
});

it('a command warns that it creates an empty database, and is silent if the database exists', () => {
  const written = (env: NodeJS.ProcessEnv) => {
    const stderr = new PassThrough();
    warnNewDatabase({ env, stderr });
    return String(stderr.read() ?? '');
  };
  expect(written({ GATEHOUSE_DIR: '/nowhere/gatehouse' })).toMatch(
    /^database: a new, empty one in \/nowhere\/gatehouse, because DATABASE_URL is not set\. .*\n$/,
  );
  expect(written({ GATEHOUSE_DIR: '/nowhere/gatehouse', DATABASE_URL: 'postgres://db/login' })).toBe('');
});
