import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { directoryEntities } from '@gatehouse/directory';
import { CommandError, openMigratedPostgres } from '@gatehouse/local';
import { openDataSource } from '@gatehouse/platform';
import type { Command, CommandProcess } from './command.js';
import { create } from './user/create.js';
import { endSessions } from './user/end-sessions.js';
import { importDevicesFile } from './user/import-devices.js';
import { importDuoDevices } from './user/import-duo.js';
import { importUsersFile } from './user/import-users.js';
import { list } from './user/list.js';
import { lock, unlock } from './user/locking.js';
import { deleteUser, exportUser } from './user/personal-data.js';
import { recoveryLink } from './user/recovery-link.js';
import { removeDevices } from './user/remove-devices.js';
import { setPassword } from './user/set-password.js';
import type { UserSubcommand } from './user/user-subcommand.js';

const SUBCOMMANDS: Readonly<Record<string, UserSubcommand>> = {
  list,
  create,
  lock,
  unlock,
  'end-sessions': endSessions,
  'remove-devices': removeDevices,
  'set-password': setPassword,
  export: exportUser,
  delete: deleteUser,
  'recovery-link': recoveryLink,
  import: importUsersFile,
  'import-devices': importDevicesFile,
  'import-duo': importDuoDevices,
};

const USAGE = [
  'usage: npm run user -- …',
  ...Object.entries(SUBCOMMANDS).map(([name, { usage }]) => `  ${name} ${usage}`),
].join('\n');

/** `npm run user`: creates, imports, lists, changes, locks, recovers, exports and deletes users. */
export const userCommand: Command = {
  name: 'user',
  run: async ([name = '', ...args], process) => {
    const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
    if (!subcommand) throw new CommandError(USAGE);
    try {
      return await runOnDatabase(subcommand, args, process);
    } catch (error) {
      if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
        throw new CommandError(`${error.message}\nusage: npm run user -- ${name} ${subcommand.usage}`);
      throw error;
    }
  },
};

async function runOnDatabase(subcommand: UserSubcommand, args: readonly string[], process: CommandProcess) {
  const postgres = await openMigratedPostgres(process.env);
  try {
    const entities = directoryEntities;
    const source = await openDataSource({ url: postgres.url, schema: FLOW_SCHEMA, entities, poolSize: 1 });
    try {
      return await subcommand.run(args, { source, process, env: process.env });
    } finally {
      await source.destroy();
    }
  } finally {
    await postgres.stop();
  }
}
