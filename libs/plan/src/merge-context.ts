import { type ContextKey, isOwnFact, type PlanContext, type StageReply, type User } from '@gatehouse/contracts';

/**
 * Returns a text that identifies the user within a plan, for example the user for whom a state was stored; null without
 * a user.
 */
export function userKey(user: User | undefined): string | null {
  if (!user) return null;
  return user.kind === 'saved' ? user.uuid : `${user.kind}:${user.username}`;
}

/**
 * Returns the facts after a reply. A fact that the reply sets to null is removed. A pending user is merged with the
 * previous one if both have the same uuid. If the user changes, facts about the previous user are removed: the fact of
 * a mailed link that another user followed (docs/security.md#accident-3) and, unless the reply sets them, how the
 * previous user was authenticated (docs/security.md#accident-25) and the facts of vendors. In a plan without a pending
 * user, `visitor` counts as the previous user.
 */
export function mergeContext(
  context: PlanContext,
  patch: Readonly<Record<string, unknown>> | undefined,
  visitor: string | null,
): PlanContext {
  if (!patch) return context;
  const merged: Record<string, unknown> = { ...context };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete merged[key];
    else merged[key] = key === 'pending_user' ? mergeUser(context.pending_user, value as User) : value;
  }
  if (!isLinkOfUser(merged)) delete merged['is_restored'];
  if (isUserChanged(context.pending_user, merged['pending_user'] as User | undefined, visitor)) {
    const stale = [...AUTHENTICATION_FACTS, ...Object.keys(merged).filter(isOwnFact)];
    for (const key of stale) if (!Object.hasOwn(patch, key)) delete merged[key];
  }
  return merged;
}

/** Facts about how the user was authenticated. They become wrong when the user changes. */
const AUTHENTICATION_FACTS: readonly ContextKey[] = ['auth_method', 'auth_method_args', 'enrolled_devices'];

/**
 * Returns the facts without those about a user: the pending user, the verified user, how the user was authenticated,
 * and the facts of vendors.
 */
export function withoutUserFacts(context: PlanContext): PlanContext {
  const dropped: readonly string[] = ['pending_user', 'verified_user', ...AUTHENTICATION_FACTS];
  return Object.fromEntries(Object.entries(context).filter(([key]) => !dropped.includes(key) && !isOwnFact(key)));
}

/**
 * Whether the saved user of a plan was replaced or removed. The user of a plan without a pending user is its visitor.
 */
function isUserChanged(before: User | undefined, after: User | undefined, visitor: string | null): boolean {
  if (before) return before.kind === 'saved' && userKey(before) !== userKey(after);
  return visitor !== null && after !== undefined && userKey(after) !== visitor;
}

/** The facts of a plan, and the uuid of the logged-in user who runs it. */
interface PlanFacts {
  readonly context: PlanContext;
  readonly visitor: string | null;
}

/**
 * Whether a user was verified in a plan: by the fact `verified_user`, or by the fact `auth_method`, with which some
 * stages report that they verified the pending user. An app password (`token`) verifies nothing.
 */
export function isProved({ context, visitor }: PlanFacts, uuid: string): boolean {
  const { verified_user, pending_user: pending, auth_method: method } = context;
  const subject = pending ? userKey(pending) : visitor;
  return verified_user === uuid || (subject === uuid && method !== undefined && method !== 'token');
}

const isLinkOfUser = ({ is_restored: link, pending_user: user }: PlanContext) =>
  !link || link.user === null || link.user === userKey(user);

/** Merges two versions of one saved user. Returns `after` if the users differ or are not saved. */
export const mergeUser = (before: User | undefined, after: User): User =>
  before?.kind === 'saved' && after.kind === 'saved' && before.uuid === after.uuid ? { ...before, ...after } : after;

/**
 * Removes the authentication backend from a user whom a policy names, because only a stage that checked a password may
 * set it.
 */
export function withoutBackend(named: User): User {
  if (named.kind === 'pretended') return named;
  const { backend: _unproved, ...rest } = named;
  return rest;
}

/**
 * If a reply sets the pending user who is set already, restores all properties from the directory except `backend`.
 * Used for stages without `changes_user`, which may only name another user or set the backend that verified the present
 * one.
 */
export function withDirectoryUser<R extends StageReply>(reply: R, directoryUser: User | undefined): R {
  const named = (reply.context as { pending_user?: User } | undefined)?.pending_user;
  if (directoryUser?.kind !== 'saved' || named?.kind !== 'saved' || named.uuid !== directoryUser.uuid) return reply;
  const { backend = directoryUser.backend } = named;
  return {
    ...reply,
    context: { ...reply.context, pending_user: { ...directoryUser, ...(backend !== undefined && { backend }) } },
  };
}
