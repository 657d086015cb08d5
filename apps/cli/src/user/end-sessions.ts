import { TypeormDirectoryStore } from '@gatehouse/directory';
import { deleteUserSessions } from '@gatehouse/executor-postgres';
import { userSubcommand } from './find-user.js';

/**
 * Ends all sessions and plans of a user by raising the user's epoch. Also deletes the rows of the sessions, only to
 * count them.
 */
export const endSessions = userSubcommand(async ({ pk, uuid, username }, { source }) => {
  const ended = await source.transaction(async (manager) => {
    await new TypeormDirectoryStore(manager).endSessions(pk);
    return deleteUserSessions(manager, uuid);
  });
  return `ended ${ended} sessions of ${username}`;
});
