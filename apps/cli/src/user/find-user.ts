import type { AuditEvent, SavedUser } from '@gatehouse/contracts';
import { TypeormDirectoryStore, TypeormUserLookup } from '@gatehouse/directory';
import { CommandError } from '@gatehouse/local';
import type { DataSource } from 'typeorm';
import type { UserCommandContext, UserSubcommand } from './user-subcommand.js';

/** Returns the user with a username, ignoring case. Throws CommandError if there is none. */
export async function findUser(source: DataSource, username: string | undefined): Promise<SavedUser> {
  if (!username) throw new CommandError('The argument USERNAME is missing.');
  const user = await new TypeormUserLookup(source).find(username, { fields: ['username'], caseInsensitive: true });
  if (!user) throw new CommandError(`there is no user ${username}`);
  return user;
}

/** Returns a subcommand about one user, whose name is its only argument. */
export const userSubcommand = (
  work: (user: SavedUser, context: UserCommandContext) => Promise<string>,
): UserSubcommand => ({
  usage: 'USERNAME',
  run: async ([username], context) => work(await findUser(context.source, username), context),
});

type UserChanges = Parameters<TypeormDirectoryStore['updateUser']>[1];

/**
 * Changes a user through the directory, which also ends the user's sessions if the change requires that, and writes the
 * event of the change.
 */
export const updateUser = (
  { source, events }: UserCommandContext,
  user: SavedUser,
  { changes, event }: { readonly changes: UserChanges; readonly event: AuditEvent },
): Promise<void> =>
  source.transaction(async (manager) => {
    await new TypeormDirectoryStore(manager).updateUser(user.pk, changes);
    await events.record(manager, { ...event, user });
  });
