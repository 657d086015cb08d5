import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import type { CommandName } from '@gatehouse/contracts';
import { directoryEntities } from '@gatehouse/directory';
import { CommandError, openMigratedPostgres, outboxSealerOf } from '@gatehouse/local';
import { CommandEventRecorder } from '@gatehouse/outbox';
import { openDataSource } from '@gatehouse/platform';
import { type Command, type CommandProcess, warnNewDatabase, warnUnrecorded } from './command.js';
import { create } from './user/create.js';
import { endSessions } from './user/end-sessions.js';
import { addToGroup, removeFromGroup } from './user/groups.js';
import { importDevicesFile } from './user/import-devices.js';
import { importDuoDevices } from './user/import-duo.js';
import { importLinksFile } from './user/import-links.js';
import { importUsersFile } from './user/import-users.js';
import { list } from './user/list.js';
import { listIdentifiers } from './user/list-identifiers.js';
import { lock, unlock } from './user/locking.js';
import { deleteUser, exportUser } from './user/personal-data.js';
import { recoveryLink } from './user/recovery-link.js';
import { removeDevices } from './user/remove-devices.js';
import { setPassword } from './user/set-password.js';
import { createToken, listTokens, revokeToken } from './user/tokens.js';
import type { UserSubcommand } from './user/user-subcommand.js';

type NameOf<C> = C extends `user ${infer N}` ? N : never;

const SUBCOMMANDS: Readonly<Record<'list' | 'list-tokens' | 'list-identifiers' | NameOf<CommandName>, UserSubcommand>> =
  {
    list,
    'list-identifiers': listIdentifiers,
    create,
    lock,
    unlock,
    'add-to-group': addToGroup,
    'remove-from-group': removeFromGroup,
    'end-sessions': endSessions,
    'remove-devices': removeDevices,
    'set-password': setPassword,
    export: exportUser,
    delete: deleteUser,
    'recovery-link': recoveryLink,
    'create-token': createToken,
    'list-tokens': listTokens,
    'revoke-token': revokeToken,
    import: importUsersFile,
    'import-devices': importDevicesFile,
    'import-links': importLinksFile,
    'import-duo': importDuoDevices,
  };

const EFFECTS: Readonly<Record<keyof typeof SUBCOMMANDS, string>> = {
  list: 'lists users, or those whose username or email address contains PART',
  'list-identifiers': 'lists the identifiers by which applications know the users of an export',
  create: 'creates a user. --password reads a password from standard input',
  lock: 'blocks new logins and ends all sessions',
  unlock: 'lets a locked user log in again, and clears the counts of failed attempts',
  'add-to-group': 'adds a user to a group. A group that makes superusers needs --superuser',
  'remove-from-group': 'removes a user from a group',
  'end-sessions': 'logs a user out everywhere',
  'remove-devices': 'removes all second factors of a user',
  'set-password': 'reads a new password from standard input, and ends all sessions',
  export: 'prints everything that is stored about a user, as JSON',
  delete: 'deletes a user with everything that is stored about the user. A superuser needs --superuser',
  'recovery-link': 'prints the link that a recovery flow would mail',
  'create-token': 'creates an API token of a superuser, and prints its key once',
  'list-tokens': 'lists the API tokens of all users, or of one',
  'revoke-token': 'deletes an API token',
  import: 'imports users and groups, with the hashes of their passwords',
  'import-devices': 'imports second factors of existing users',
  'import-links': 'imports consents, connections with sources and tokens of existing users',
  'import-duo': 'creates a device for each user of a Duo account who has the name of a user here',
};

const USAGE = [
  'usage: npm run user -- …',
  ...Object.entries(SUBCOMMANDS).flatMap(([name, { usage }]) => [
    `  ${name} ${usage}`,
    `      ${EFFECTS[name as keyof typeof SUBCOMMANDS]}`,
  ]),
].join('\n');

/** `npm run user`: creates, imports, lists, changes, locks, recovers, exports and deletes users. */
export const userCommand: Command = {
  name: 'user',
  usage: USAGE,
  run: async ([name = '', ...args], process) => {
    if (!isSubcommand(name)) throw new CommandError(USAGE);
    try {
      return await runOnDatabase(name, args, process);
    } catch (error) {
      if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
        throw new CommandError(`${error.message}\nusage: npm run user -- ${name} ${SUBCOMMANDS[name].usage}`);
      throw error;
    }
  },
};

const isSubcommand = (name: string): name is keyof typeof SUBCOMMANDS => Object.hasOwn(SUBCOMMANDS, name);

async function runOnDatabase(name: keyof typeof SUBCOMMANDS, args: readonly string[], process: CommandProcess) {
  warnNewDatabase(process);
  const postgres = await openMigratedPostgres(process.env);
  try {
    const entities = directoryEntities;
    const source = await openDataSource({ url: postgres.url, schema: FLOW_SCHEMA, entities, poolSize: 1 });
    // Only commands that record events have a `CommandName`. The cast does no harm for the list commands, because they
    // record none.
    const command = `user ${name}` as CommandName;
    const events = new CommandEventRecorder(command, await outboxSealerOf(process.env, postgres.embedded));
    try {
      const result = await SUBCOMMANDS[name].run(args, { source, process, env: process.env, events });
      warnUnrecorded(events, process);
      return result;
    } finally {
      await source.destroy();
    }
  } finally {
    await postgres.stop();
  }
}
