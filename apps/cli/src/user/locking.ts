import { unlockUser } from '@gatehouse/executor-postgres';
import { openLocalState } from '@gatehouse/local';
import { updateUser, userMessage } from './find-user.js';

/** Nobody logs in as this user any more, and whoever is logged in is out at their next request. */
export const lock = userMessage(async (source, user) => {
  // Said again of one that is locked already: it may have been waiting for a mail.
  await updateUser(source, user, { is_active: false });
  if (!user.is_active) return `${user.username} is locked already`;
  return `${user.username} is locked, and logged out everywhere`;
});

/** The user may log in again: made active, and what was guessed wrong is forgotten. */
export const unlock = userMessage(async (source, user, env) => {
  const { uuid, username, is_active: wasActive } = user;
  if (!wasActive) await updateUser(source, user, { is_active: true });
  const secretKey = env['SECRET_KEY'] || (await openLocalState(env)).secretKey;
  const credentials = await unlockUser(source, secretKey, uuid);
  const again = [...(wasActive ? [] : ['the account']), ...credentials];
  return again.length > 0 ? `unlocked for ${username}: ${again.join(', ')}` : `${username} was not locked`;
});
