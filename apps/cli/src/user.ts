import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { directoryEntities } from '@gatehouse/directory';
import { CommandError, openLocalState, openPostgres } from '@gatehouse/local';
import { openDataSource } from '@gatehouse/platform';
import { runCommand } from './command.js';
import { create } from './user/create.js';
import { endSessions } from './user/end-sessions.js';
import { importDevicesFile } from './user/import-devices.js';
import { importDuoDevices } from './user/import-duo.js';
import { importFile } from './user/import-users.js';
import { list } from './user/list.js';
import { lock, unlock } from './user/locking.js';
import { recoveryLink } from './user/recovery-link.js';
import { removeDevices } from './user/remove-devices.js';
import { setPassword } from './user/set-password.js';
import type { UserCommand } from './user/user-command.js';

/** What an operator can do about users, by the word for it. */
const COMMANDS: Readonly<Record<string, UserCommand>> = {
  list,
  create,
  lock,
  unlock,
  'end-sessions': endSessions,
  'remove-devices': removeDevices,
  'set-password': setPassword,
  'recovery-link': recoveryLink,
  import: importFile,
  'import-devices': importDevicesFile,
  'import-duo': importDuoDevices,
};

const USAGE = [
  'usage: npm run user -- …',
  ...Object.entries(COMMANDS).map(([name, { takes }]) => `  ${name} ${takes}`),
].join('\n');

await runCommand('user', async ([name = '', ...args]) => {
  const verb = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!verb) throw new CommandError(USAGE);
  const postgres = await openPostgres(openLocalState);
  try {
    const entities = directoryEntities;
    const source = await openDataSource({ url: postgres.url, schema: FLOW_SCHEMA, entities, poolSize: 1 });
    try {
      return await verb.run(args, { source, env: process.env });
    } catch (error) {
      if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
        throw new CommandError(`${error.message}\nusage: npm run user -- ${name} ${verb.takes}`);
      throw error;
    } finally {
      await source.destroy();
    }
  } finally {
    await postgres.stop();
  }
});
