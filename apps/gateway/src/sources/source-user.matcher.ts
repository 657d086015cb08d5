import type { PublishedSource, SavedUser, SourceCompleteReply } from '@gatehouse/contracts';

/** The identity that a source has authenticated. */
export type SourceIdentity = Extract<SourceCompleteReply, { identity: unknown }>['identity'];

/** The user that an identity belongs to, a new user, or a denial. */
export type UserMatch = { readonly user: SavedUser } | 'new' | 'denied';

/**
 * The field that a matching mode compares. If a user has the same value, the mode links that user or denies the login.
 */
const MATCHING_RULES = {
  email_link: { field: 'email', links: true },
  email_deny: { field: 'email', links: false },
  username_link: { field: 'username', links: true },
  username_deny: { field: 'username', links: false },
} as const;

/** A user whose email address or username is the value that a matching mode compares. */
export interface MatchingUser {
  readonly user: SavedUser;
  /** Whether the value is a username, or the verified email address of an active user. */
  readonly isProven: boolean;
}

/** Users that an identity may belong to. */
interface MatchCandidates {
  /** The user who is connected with the account. */
  readonly connected: SavedUser | undefined;
  readonly findMatching: (field: 'email' | 'username', value: string) => Promise<readonly MatchingUser[]>;
}

/**
 * Returns the user who is connected with the account, else the user whom the source's matching mode finds
 * (docs/spec/sources.md#decision). Denies inactive users, and users who have not verified the matching email address,
 * because another person could have enrolled with that address.
 */
export async function matchUser(
  { user_matching_mode: mode }: PublishedSource,
  { user: claimed }: SourceIdentity,
  { connected, findMatching }: MatchCandidates,
): Promise<UserMatch> {
  if (connected) return singleActiveUser([connected]);
  if (mode === 'identifier') return 'new';
  const { field, links } = MATCHING_RULES[mode];
  const value = claimed[field];
  if (!value || (field === 'email' && claimed.email_verified === false)) return 'denied';
  const users = await findMatching(field, value);
  if (users.length === 0) return 'new';
  return links ? singleActiveUser(users.flatMap(({ user, isProven }) => (isProven ? [user] : []))) : 'denied';
}

/**
 * Returns the only user of a list if that user is active. Denies an inactive user, and several users with the same
 * value.
 */
function singleActiveUser(users: readonly SavedUser[]): UserMatch {
  const [user, ...others] = users;
  return user?.is_active && others.length === 0 ? { user } : 'denied';
}
