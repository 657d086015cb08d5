import type { ContextKey, PlanContext, StageReply, User } from '@gatehouse/contracts';

/** Whom a remembered state belongs to: it does not outlive a change of user. */
export function userKey(user: User | undefined): string | null {
  if (!user) return null;
  return user.kind === 'saved' ? user.uuid : `${user.kind}:${user.username}`;
}

/**
 * The context after a reply. A null takes the fact away; a pending user with the same uuid is merged. What was proved is of
 * whom it was proved for, and goes with them, be it by a mailed link (docs/security.md#accident-3) or a device
 * (docs/security.md#accident-25). A plan that is about nobody yet has proved its visitor.
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
    for (const key of AUTHENTICATION_FACTS) if (!Object.hasOwn(patch, key)) delete merged[key];
  }
  return merged;
}

/** Facts about how somebody was proved. */
const AUTHENTICATION_FACTS: readonly ContextKey[] = ['auth_method', 'auth_method_args', 'enrolled_devices'];

/** Whether a plan about somebody is about somebody else now, or nobody; one that was about its visitor, about another. */
function isUserChanged(before: User | undefined, after: User | undefined, visitor: string | null): boolean {
  if (before) return before.kind === 'saved' && userKey(before) !== userKey(after);
  return visitor !== null && after !== undefined && userKey(after) !== visitor;
}

/** What a plan knows, and the uuid of the user in whose session it runs. */
interface Known {
  readonly context: PlanContext;
  readonly visitor: string | null;
}

/**
 * Returns whether a user was verified in a plan. Stages without `verified_user` say by `auth_method` that the plan's user was. An
 * app password is a token, which verifies nobody.
 */
export function isProved({ context, visitor }: Known, uuid: string): boolean {
  const { verified_user, pending_user: pending, auth_method: method } = context;
  const subject = pending ? userKey(pending) : visitor;
  return verified_user === uuid || (subject === uuid && method !== undefined && method !== 'token');
}

const isLinkOfUser = ({ is_restored: link, pending_user: user }: PlanContext) =>
  !link || link.user === null || link.user === userKey(user);

/** What is newly said of a user adds to what was known of the same one. */
export const mergeUser = (before: User | undefined, after: User): User =>
  before?.kind === 'saved' && after.kind === 'saved' && before.uuid === after.uuid ? { ...before, ...after } : after;

/** A user as a policy names them. By which backend a user was proved only the stage knows that judged the password. */
export function withoutBackend(named: User): User {
  if (named.kind === 'pretended') return named;
  const { backend: _unproved, ...rest } = named;
  return rest;
}

/**
 * A reply of a stage that writes no users: what is known of the pending user comes from the directory, and is not for a stage
 * to say. It can name somebody else, or say by what the same one was proved.
 */
export function withDirectoryUser<R extends StageReply>(reply: R, known: User | undefined): R {
  const named = (reply.context as { pending_user?: User } | undefined)?.pending_user;
  if (known?.kind !== 'saved' || named?.kind !== 'saved' || named.uuid !== known.uuid) return reply;
  const { backend = known.backend } = named;
  return {
    ...reply,
    context: { ...reply.context, pending_user: { ...known, ...(backend !== undefined && { backend }) } },
  };
}
