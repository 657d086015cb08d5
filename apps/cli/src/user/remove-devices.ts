import { userSubcommand } from './find-user.js';

/**
 * Removes all devices of a user who has lost them. Afterwards the user needs only the password to set up a new device.
 */
export const removeDevices = userSubcommand(async ({ uuid, username }, { source }) => {
  const [, removed] = await source.query<[unknown[], number]>('DELETE FROM mfa.devices WHERE user_id = $1', [uuid]);
  return `removed ${removed} devices of ${username}`;
});
