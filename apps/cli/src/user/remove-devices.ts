import { userMessage } from './find-user.js';

/** Every device of a user who has lost them: whoever knows the password sets up a first one again. */
export const removeDevices = userMessage(async (source, { uuid, username }) => {
  const [, removed] = await source.query<[unknown[], number]>('DELETE FROM mfa.devices WHERE user_id = $1', [uuid]);
  return `${removed} devices removed of ${username}`;
});
