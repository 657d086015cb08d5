import type { AuthenticatedUser } from '../users/user.repository.js';

type ClaimedUser = Pick<AuthenticatedUser, 'uuid' | 'username' | 'name' | 'email' | 'groups'>;

/** Returns the claims about a user that the scopes of a token allow (OpenID Connect Core §5.4). */
export function claimsOf({ uuid, username, name, email, groups }: ClaimedUser, scopes: readonly string[]) {
  return {
    sub: uuid,
    ...(scopes.includes('profile') ? { name, preferred_username: username, nickname: username } : {}),
    // Gatehouse does not know whether the email address belongs to the user.
    ...(scopes.includes('email') ? { email, email_verified: false } : {}),
    ...(scopes.includes('groups') ? { groups: groups.map((group) => group.name) } : {}),
  };
}
