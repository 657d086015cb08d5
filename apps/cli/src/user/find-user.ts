import type { SavedUser } from '@gatehouse/contracts';
import { type DirectoryUser, TypeormDirectoryStore, TypeormUserLookup } from '@gatehouse/directory';
import { CommandError } from '@gatehouse/local';
import type { DataSource } from 'typeorm';
import type { UserCommand } from './user-command.js';

/** The user of a name, however it is written. Throws CommandError when there is none. */
export async function findUser(source: DataSource, username: string | undefined): Promise<SavedUser> {
  if (!username) throw new CommandError('whom? a username is missing');
  const user = await new TypeormUserLookup(source).find(username, { fields: ['username'], caseInsensitive: true });
  if (!user) throw new CommandError(`there is no user ${username}`);
  return user;
}

/** A word about one user, who is named after it. */
export const userMessage = (
  work: (source: DataSource, user: SavedUser, env: NodeJS.ProcessEnv) => Promise<string>,
): UserCommand => ({
  takes: 'USERNAME',
  run: async ([username], { source, env }) => work(source, await findUser(source, username), env),
});

/** Changes a user as the register does, so that sessions end where they must. */
export const updateUser = (
  source: DataSource,
  { pk }: SavedUser,
  changes: Parameters<TypeormDirectoryStore['updateUser']>[1],
): Promise<DirectoryUser> =>
  source.transaction((manager) => new TypeormDirectoryStore(manager).updateUser(pk, changes));
