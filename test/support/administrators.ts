import type { SavedUser } from '@gatehouse/contracts';
import { keyOf } from './blueprints.js';
import type { Deployment } from './deployment.js';

/** Returns the blueprint entry of a group that makes these users superusers. It must follow the user entries. */
export const administratorsEntry = (...usernames: readonly string[]) => ({
  model: 'authentik_core.group',
  identifiers: { name: 'admins' },
  attrs: { is_superuser: true, users: usernames.map((username) => keyOf(`user ${username}`)) },
});

/** Returns a user from the directory in the form that stages and policies use. */
export async function savedUser(deployment: Deployment, username: string): Promise<SavedUser> {
  const [user] = await deployment.rows<SavedUser>(
    `SELECT 'saved' AS kind, id AS uuid, pk, username, name, email, is_active, epoch, locale
     FROM directory.identities WHERE username = $1`,
    [username],
  );
  if (!user) throw new Error(`there is no user ${username}`);
  return user;
}
