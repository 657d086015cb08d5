import { parseArgs } from 'node:util';
import type { SavedUser } from '@gatehouse/contracts';
import { TypeormDirectoryStore } from '@gatehouse/directory';
import { CommandError } from '@gatehouse/local';
import type { EntityManager } from 'typeorm';
import { findGroup } from './find-group.js';
import { findUser } from './find-user.js';
import { otherSuperusers } from './superusers.js';
import type { UserCommandContext, UserSubcommand } from './user-subcommand.js';

const OPTIONS = { superuser: { type: 'boolean', default: false } } as const;

/** Adds a user to a group. Makes a user a superuser only with `--superuser`. */
export const addToGroup: UserSubcommand = {
  usage: 'USERNAME GROUP [--superuser]',
  run: async (args, context) => {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    return changeMembership(positionals, context, async (manager, { user, group }) => {
      const before = await otherSuperusers(manager, user.uuid);
      const isChanged = await insertMembership(manager, user, group.pk);
      const isPromoted = before === undefined && (await otherSuperusers(manager, user.uuid)) !== undefined;
      if (isPromoted && !values.superuser)
        throw new CommandError(
          `The group ${group.name} makes its members superusers. Add --superuser to make ${user.username} a superuser.`,
        );
      return isChanged
        ? { output: `${user.username} is a member of ${group.name}`, isChanged }
        : { output: `${user.username} is a member of ${group.name} already`, isChanged };
    });
  },
};

/**
 * Removes a user from a group, but does not remove the last active superuser from the group that grants superuser
 * rights.
 */
export const removeFromGroup: UserSubcommand = {
  usage: 'USERNAME GROUP',
  run: async (args, context) => {
    const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
    return changeMembership(positionals, context, async (manager, { user, group }) => {
      const others = await otherSuperusers(manager, user.uuid);
      const isChanged = await deleteMembership(manager, user, group.pk);
      if (others === 0 && (await otherSuperusers(manager, user.uuid)) === undefined)
        throw new CommandError(`${user.username} is the last active superuser.`);
      return isChanged
        ? { output: `${user.username} is no longer a member of ${group.name}`, isChanged }
        : { output: `${user.username} is not a member of ${group.name}`, isChanged };
    });
  },
};

interface Membership {
  readonly user: SavedUser;
  readonly group: { readonly pk: string; readonly name: string };
}

type Change = (
  manager: EntityManager,
  membership: Membership,
) => Promise<{ readonly output: string; readonly isChanged: boolean }>;

/** Runs a change in a transaction, and writes an event with all direct groups that the user has after the change. */
async function changeMembership(
  [username, name, ...others]: readonly string[],
  { source, events }: UserCommandContext,
  change: Change,
): Promise<string> {
  const user = await findUser(source, username);
  if (name === undefined || others.length > 0)
    throw new CommandError('Exactly one USERNAME and one GROUP are expected.');
  return source.transaction(async (manager) => {
    const group = await findGroup(new TypeormDirectoryStore(manager), name);
    const { output, isChanged } = await change(manager, { user, group });
    if (isChanged) {
      const context = { groups: await groupNames(manager, user), created: false };
      await events.record(manager, { action: 'user_write', context, user });
    }
    return output;
  });
}

async function insertMembership(manager: EntityManager, { uuid }: SavedUser, group: string): Promise<boolean> {
  const rows = await manager.query<unknown[]>(
    'INSERT INTO directory.user_groups (user_id, group_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING group_id',
    [uuid, group],
  );
  return rows.length > 0;
}

async function deleteMembership(manager: EntityManager, { uuid }: SavedUser, group: string): Promise<boolean> {
  const [, count] = await manager.query<[unknown[], number]>(
    'DELETE FROM directory.user_groups WHERE user_id = $1 AND group_id = $2',
    [uuid, group],
  );
  return count > 0;
}

async function groupNames(manager: EntityManager, { uuid }: SavedUser): Promise<string[]> {
  const rows = await manager.query<{ name: string }[]>(
    'SELECT g.name FROM directory.user_groups m JOIN directory.groups g ON g.id = m.group_id WHERE m.user_id = $1 ORDER BY g.name',
    [uuid],
  );
  return rows.map((row) => row.name);
}
