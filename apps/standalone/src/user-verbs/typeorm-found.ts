import type { SavedUser } from '@gatehouse/contracts';
import { type RegisteredUser, TypeormRegister, TypeormUsers } from '@gatehouse/directory';
import type { DataSource } from 'typeorm';
import { CommandError } from '../command.js';
import type { Verb } from './typeorm-verb.js';

/** The user of a name, however it is written. Throws CommandError when there is none. */
export async function found(source: DataSource, username: string | undefined): Promise<SavedUser> {
  if (!username) throw new CommandError('whom? a username is missing');
  const user = await new TypeormUsers(source).find(username, { fields: ['username'], caseInsensitive: true });
  if (!user) throw new CommandError(`there is no user ${username}`);
  return user;
}

/** A word about one user, who is named after it. */
export const about = (
  work: (source: DataSource, user: SavedUser, env: NodeJS.ProcessEnv) => Promise<string>,
): Verb => ({
  takes: 'USERNAME',
  run: async ([username], { source, env }) => work(source, await found(source, username), env),
});

/** Changes a user as the register does, so that sessions end where they must. */
export const changed = (
  source: DataSource,
  { pk }: SavedUser,
  changes: Parameters<TypeormRegister['updateUser']>[1],
): Promise<RegisteredUser> => source.transaction((manager) => new TypeormRegister(manager).updateUser(pk, changes));
