import type { ActiveUser } from '../users/user.repository.js';

type ClaimedUser = Pick<ActiveUser, 'uuid' | 'username' | 'name' | 'email' | 'email_verified' | 'groups'>;

/** Returns the claims about a user that the scopes of a token allow (OpenID Connect Core §5.4). */
export function claimsOf(user: ClaimedUser, scopes: readonly string[]) {
  const { uuid, username, name, email, email_verified, groups } = user;
  return {
    sub: uuid,
    ...(scopes.includes('profile') ? { name, preferred_username: username, nickname: username } : {}),
    ...(scopes.includes('email') ? { email, email_verified } : {}),
    ...(scopes.includes('groups') ? { groups: groups.map((group) => group.name) } : {}),
  };
}
