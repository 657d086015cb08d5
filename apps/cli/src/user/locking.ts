import { unlockUser } from '@gatehouse/executor-postgres';
import { pseudonymKeyOf } from '@gatehouse/local';
import { updateUser, userSubcommand } from './find-user.js';

/** Makes a user inactive, which blocks new logins and ends all sessions of the user. */
export const lock = userSubcommand(async (user, { source }) => {
  // Locks an inactive user too, because a pending activation mail could otherwise still activate the account.
  await updateUser(source, user, { is_active: false });
  if (!user.is_active) return `${user.username} is locked already`;
  return `${user.username} is locked, and logged out everywhere`;
});

/** Makes a locked user active again, and deletes the counts of failed attempts, which may have locked a credential. */
export const unlock = userSubcommand(async (user, { source, env }) => {
  const { uuid, username, is_active: wasActive } = user;
  if (!wasActive) await updateUser(source, user, { is_active: true });
  const credentials = await unlockUser(source, await pseudonymKeyOf(env), uuid);
  const unlocked = [...(wasActive ? [] : ['the account']), ...credentials];
  return unlocked.length > 0 ? `unlocked for ${username}: ${unlocked.join(', ')}` : `${username} was not locked`;
});
