import { TypeormDirectoryStore } from '@gatehouse/directory';
import { unlockUser } from '@gatehouse/executor-postgres';
import { pseudonymKeyOf } from '@gatehouse/local';
import { updateUser, userSubcommand } from './find-user.js';

/** Makes a user inactive, which blocks new logins and ends all sessions of the user. */
export const lock = userSubcommand(async (user, context) => {
  // Locks an inactive user too, because a pending activation mail could otherwise still activate the account.
  await updateUser(context, user, { changes: { is_active: false }, event: activation(false) });
  if (!user.is_active) return `${user.username} is locked already`;
  return `${user.username} is locked, and logged out everywhere`;
});

/** Makes a locked user active again, and deletes the counts of failed attempts, which may have locked a credential. */
export const unlock = userSubcommand(async (user, { source, env, events }) => {
  const { uuid, pk, username, is_active: wasActive } = user;
  const pseudonymKey = await pseudonymKeyOf(env);
  return source.transaction(async (manager) => {
    if (!wasActive) {
      await new TypeormDirectoryStore(manager).updateUser(pk, { is_active: true });
      await events.record(manager, { ...activation(true), user });
    }
    const credentials = await unlockUser(manager, pseudonymKey, uuid);
    const counts = credentials.map((name) => ({ name, count: 1 }));
    if (counts.length > 0) await events.record(manager, { action: 'command_run', context: { counts }, user });
    const unlocked = [...(wasActive ? [] : ['the account']), ...credentials];
    return unlocked.length > 0 ? `unlocked for ${username}: ${unlocked.join(', ')}` : `${username} was not locked`;
  });
});

const activation = (is_active: boolean) => ({ action: 'user_write', context: { is_active, created: false } }) as const;
