import type { PublishedSource, SavedUser, SourceCompleteReply } from '@gatehouse/contracts';

/** Somebody as a source knows them. */
export type SourceIdentity = Extract<SourceCompleteReply, { identity: unknown }>['identity'];

/** Who comes from a source: somebody known, somebody new, or nobody who may come in. */
export type UserMatch = { readonly known: SavedUser } | 'new' | 'denied';

/** The property that a matching mode compares, and whether a match lets in. */
const MATCHING_RULES = {
  email_link: { field: 'email', links: true },
  email_deny: { field: 'email', links: false },
  username_link: { field: 'username', links: true },
  username_deny: { field: 'username', links: false },
} as const;

/** What is known of somebody of a source. */
interface MatchCandidates {
  /** Who they are by a connection. */
  readonly connected: SavedUser | undefined;
  readonly matching: (field: 'email' | 'username', value: string) => Promise<readonly SavedUser[]>;
}

/**
 * Decides by connection, else by the source's matching mode (docs/spec/sources.md#decision); nobody who is inactive
 * comes in.
 */
export async function matchUser(
  { user_matching_mode: mode }: PublishedSource,
  { user }: SourceIdentity,
  { connected, matching }: MatchCandidates,
): Promise<UserMatch> {
  if (connected) return singleActiveUser([connected]);
  if (mode === 'identifier') return 'new';
  const { field, links } = MATCHING_RULES[mode];
  const value = user[field];
  if (!value || (field === 'email' && user.email_verified === false)) return 'denied';
  const found = await matching(field, value);
  if (found.length === 0) return 'new';
  return links ? singleActiveUser(found) : 'denied';
}

/** One, and active: what names several names nobody. */
function singleActiveUser(users: readonly SavedUser[]): UserMatch {
  const [user, ...others] = users;
  return user?.is_active && others.length === 0 ? { known: user } : 'denied';
}
