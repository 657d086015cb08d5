import { parseArgs } from 'node:util';
import { REDACTED } from '@gatehouse/contracts';
import {
  type DirectoryUser,
  InvalidUsernameError,
  TypeormDirectoryStore,
  USERNAME_KEY_INDEX,
  userInput,
} from '@gatehouse/directory';
import { CommandError } from '@gatehouse/local';
import type { CommandEvent } from '@gatehouse/outbox';
import { hashPassword } from '@gatehouse/stages/password';
import { findGroup } from './find-group.js';
import { readPassword } from './set-password.js';
import { otherSuperusers } from './superusers.js';
import type { UserSubcommand } from './user-subcommand.js';

const OPTIONS = {
  email: { type: 'string', default: '' },
  name: { type: 'string', default: '' },
  group: { type: 'string', multiple: true, default: [] as string[] },
  password: { type: 'boolean', default: false },
} as const;

/** Creates a user in the named groups. Reads a password if `--password` is set. */
export const create: UserSubcommand = {
  usage: 'USERNAME [--name NAME] [--email ADDRESS] [--group NAME]… [--password]',
  run: async (args, { source, process, events }) => {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const draft = userInput.safeParse({ username: positionals[0], name: values.name, email: values.email });
    if (!draft.success || positionals.length !== 1)
      throw new CommandError(
        draft.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n') ??
          'Exactly one USERNAME is expected.',
      );
    const password_hash = values.password ? await hashPassword(await readPassword(draft.data.username, process)) : '';
    const { username, isSuperuser } = await source
      .transaction(async (manager) => {
        const directory = new TypeormDirectoryStore(manager);
        const groups = await Promise.all(values.group.map((name) => findGroup(directory, name)));
        const user = await directory.createUser({ ...draft.data, password_hash });
        const ids = groups.map(({ pk }) => pk);
        await directory.setGroups(user.pk, ids);
        await events.record(manager, creation(user, groups));
        return { ...user, isSuperuser: (await otherSuperusers(manager, user.uuid)) !== undefined };
      })
      .catch((error: { readonly driverError?: { readonly code?: string; readonly constraint?: string } }) => {
        if (error instanceof InvalidUsernameError) throw new CommandError(error.message);
        if (error.driverError?.constraint === USERNAME_KEY_INDEX)
          throw new CommandError(`there is a user with the name ${draft.data.username} in another spelling`);
        if (error.driverError?.code === UNIQUE_VIOLATION)
          throw new CommandError(`there is a user ${draft.data.username} already`);
        throw error;
      });
    return outputOf({ username, isSuperuser, hasPassword: password_hash !== '' });
  },
};

interface CreatedUser {
  readonly username: string;
  readonly isSuperuser: boolean;
  readonly hasPassword: boolean;
}

const outputOf = ({ username, isSuperuser, hasPassword }: CreatedUser): string =>
  `created ${username}${isSuperuser ? ', a superuser' : ''}${hasPassword ? '' : ', without a password'}`;

/** Returns the event, with the same members as for an enrolment in a flow. */
function creation(user: DirectoryUser, groups: readonly { readonly name: string }[]): CommandEvent {
  const { uuid, pk, username, name, email, is_active, epoch, password_hash } = user;
  const password = password_hash === '' ? {} : { password: REDACTED };
  return {
    action: 'user_write',
    context: { username, name, email, ...password, groups: groups.map(({ name }) => name), created: true },
    user: { kind: 'saved', uuid, pk, username, name, email, is_active, epoch, locale: '' },
  };
}

/** SQLSTATE of a unique violation. */
const UNIQUE_VIOLATION = '23505';
