import { TypeormDirectoryStore } from '@gatehouse/directory';
import { deleteUserSessions } from '@gatehouse/executor-postgres';
import { userMessage } from './find-user.js';

/** The epoch ends every login, also one under way; the rows go so that it can be said how many there were. */
export const endSessions = userMessage(async (source, { pk, uuid, username }) => {
  const ended = await source.transaction(async (manager) => {
    await new TypeormDirectoryStore(manager).endSessions(pk);
    return deleteUserSessions(manager, uuid);
  });
  return `${ended} ended of ${username}`;
});
