import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { directoryEntities } from '@gatehouse/directory';
import { openDataSource } from '@gatehouse/platform';
import { CommandError, runCommand } from './command.js';
import { openPostgres } from './local-postgres.js';
import { openLocalState } from './local-state.js';
import { importFile } from './user-verbs/import.js';
import { importDevicesFile } from './user-verbs/import-devices.js';
import { lock, unlock } from './user-verbs/locking.js';
import { setPassword } from './user-verbs/password.js';
import { recoveryLink } from './user-verbs/recovery-link.js';
import { create } from './user-verbs/typeorm-create.js';
import { endSessions } from './user-verbs/typeorm-end-sessions.js';
import { importDuoDevices } from './user-verbs/typeorm-import-duo.js';
import { list } from './user-verbs/typeorm-list.js';
import { removeDevices } from './user-verbs/typeorm-remove-devices.js';
import type { UserCommand } from './user-verbs/typeorm-verb.js';

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
