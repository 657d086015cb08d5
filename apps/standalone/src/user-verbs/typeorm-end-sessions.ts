import { TypeormRegister } from '@gatehouse/directory';
import { removeSessions } from '@gatehouse/gateway';
import { about } from './typeorm-found.js';

/** The epoch ends every login, also one under way; the rows go so that it can be said how many there were. */
export const endSessions = about(async (source, { pk, uuid, username }) => {
  const ended = await source.transaction(async (manager) => {
    await new TypeormRegister(manager).endSessions(pk);
    return removeSessions(manager, uuid);
  });
  return `${ended} ended of ${username}`;
});
