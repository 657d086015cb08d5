import { PassThrough } from 'node:stream';
import { CommandError } from '@gatehouse/local';
import { expect, it } from 'vitest';
import { type Command, runCommand } from './command.js';

async function outputOf(run: Command['run']) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  await runCommand({ name: 'flow', run }, [], { env: {}, stdin: new PassThrough(), stdout, stderr });
  return { stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

it('prints no terminal sequence of a name, whether the command succeeds or fails', async () => {
  const hostile = 'pw\u001b[2J\u009b1A\u202e\nnext line';
  const shown = 'pw\\u{1b}[2J\\u{9b}1A\\u{202e}\nnext line\n';
  expect(await outputOf(async () => `created ${hostile}`)).toEqual({ stdout: `created ${shown}`, stderr: '' });
  expect(await outputOf(() => Promise.reject(new CommandError(`no flow ${hostile}`)))).toEqual({
    ...{ stdout: '', stderr: `flow: no flow ${shown}` },
  });
});
