import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { MAX_PASSWORD } from '@gatehouse/contracts';
import { CommandError } from '@gatehouse/local';
import { hashPassword } from '@gatehouse/stages/password';
import { updateUser, userMessage } from './find-user.js';

/** Gives a user a password, read from a terminal or from standard input: on a command line others could read it. */
export const setPassword = userMessage(async (source, user) => {
  await updateUser(source, user, { password_hash: await hashPassword(await typedPassword(user.username)) });
  return `${user.username} has a new password, and is logged out everywhere`;
});

/** A password that somebody types unseen, or the first line of what is piped in. Throws CommandError for one that nobody could use. */
export async function typedPassword(username: string): Promise<string> {
  const { stdin, stderr } = process;
  if (stdin.isTTY) stderr.write(`Password of ${username}: `);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: unseen, terminal: stdin.isTTY === true });
  const password = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  lines.close();
  if (stdin.isTTY) stderr.write('\n');
  if (password === '') throw new CommandError('there is no password on standard input');
  if (password.length > MAX_PASSWORD) throw new CommandError(`a password has at most ${MAX_PASSWORD} characters`);
  return password;
}
