import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { hashPassword } from '@gatehouse/stages/password';
import { LoadError } from './load-error.js';
import { type AccountsToCreate, exportRows, LoadUsers } from './load-users.js';
import { parseOptions, userOptions } from './options.js';

/** `npm run load -- users`: writes accounts to a file that `npm run user` imports. */
export async function createAccounts(args: readonly string[], env: NodeJS.ProcessEnv) {
  const { count, first, seed, prefix, withTotp, staticCodes, out } = parseOptions(userOptions, args, env);
  const users = new LoadUsers(seed, prefix);
  // One hash for all accounts, because a million hashes would take hours. Checking the password still takes as long as
  // with one hash for each account.
  const passwordHash = await hashPassword(users.password);
  await writeRows(
    out,
    exportRows(users, { count, first, passwordHash, withTotp, staticCodes } satisfies AccountsToCreate),
  );
  const devices = withTotp || staticCodes > 0 ? `npm run user -- import-devices ${out}\n` : '';
  const output = `Wrote ${count} accounts. Anyone who knows the seed can log in as them: never import them into a production system.\nnpm run user -- import ${out}\n${devices}`;
  return { output, exitCode: 0 };
}

/** Writes a file with lines of JSON, which only the user of this process can read. */
async function writeRows(path: string, rows: Iterable<object>): Promise<void> {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  const done = finished(file).catch((error: Error) => {
    throw new LoadError(`${path} cannot be written: ${error.message}`);
  });
  for (const row of rows) if (!file.write(`${JSON.stringify(row)}\n`)) await Promise.race([once(file, 'drain'), done]);
  file.end();
  await done;
}
