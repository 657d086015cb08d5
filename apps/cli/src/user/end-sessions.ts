import { TypeormDirectoryStore } from '@gatehouse/directory';
import { deleteUserSessions } from '@gatehouse/executor-postgres';
import type { CommandEvent } from '@gatehouse/outbox';
import { userSubcommand } from './find-user.js';

/**
 * Ends all sessions and plans of a user by raising the user's epoch. Also deletes the rows of the sessions, only to
 * count them. Writes an event for each session.
 */
export const endSessions = userSubcommand(async (user, { source, events }) => {
  const ended = await source.transaction(async (manager) => {
    await new TypeormDirectoryStore(manager).endSessions(user.pk);
    const sessions = await deleteUserSessions(manager, user.uuid);
    // Plans of the user end even if the user has no session.
    const none: CommandEvent = { action: 'command_run', context: { counts: [{ name: 'sessions', count: 0 }] }, user };
    const each = sessions.map(
      (session): CommandEvent => ({ action: 'session_ended', context: { session, own: false }, user }),
    );
    await events.record(manager, ...(each.length > 0 ? each : [none]));
    return sessions.length;
  });
  return `ended ${ended} sessions of ${user.username}`;
});
