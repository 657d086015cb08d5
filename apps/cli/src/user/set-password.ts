import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { MAX_PASSWORD } from '@gatehouse/contracts';
import { CommandError } from '@gatehouse/local';
import { hashPassword } from '@gatehouse/stages/password';
import { updateUser, userSubcommand } from './find-user.js';
import type { UserCommandContext } from './user-subcommand.js';

/**
 * Sets a password. Reads the password from a terminal or from standard input, because other users of the machine could
 * read a command line.
 */
export const setPassword = userSubcommand(async (user, context) => {
  const password = await readPassword(user.username, context.process);
  const changes = { password_hash: await hashPassword(password) };
  await updateUser(context, user, { changes, event: { action: 'password_set', context: {} } });
  return `${user.username} has a new password, and is logged out everywhere`;
});

/** Reads a password from a terminal without echo, or the first line of standard input. Throws CommandError if it is empty or too long. */
export async function readPassword(
  username: string,
  { stdin, stderr }: UserCommandContext['process'],
): Promise<string> {
  const isTerminal = stdin.isTTY === true;
  if (isTerminal) stderr.write(`Password of ${username}: `);
  const noEcho = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: noEcho, terminal: isTerminal });
  const password = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  lines.close();
  if (isTerminal) stderr.write('\n');
  if (password === '') throw new CommandError('There is no password on standard input.');
  if (password.length > MAX_PASSWORD) throw new CommandError(`A password has at most ${MAX_PASSWORD} characters.`);
  return password;
}
