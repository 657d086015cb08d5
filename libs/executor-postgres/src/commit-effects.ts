import { createHash } from 'node:crypto';
import type { EffectType } from '@gatehouse/contracts';
import { type EffectOf, lastSessionChange, type PlanCommit } from '@gatehouse/executor';
import { eventMessage, mailMessage, type OutboxMessage } from '@gatehouse/outbox';
import type { Sealer } from '@gatehouse/platform';
import type { CommitParts, StatementValues } from './commit-statement.js';
import { pendingSourceLoginRow } from './pending-source-login.rows.js';
import { truncatedUserAgent } from './postgres-session-binding-store.js';

/** Seconds that the rows last which effects write. */
export interface EffectLifetimes {
  readonly sourceLoginS: number;
  readonly sessionS: number;
  readonly anonymousSessionS: number;
}

/** A commit whose effects are turned into parts of a statement. */
export interface CommitInput {
  readonly commit: PlanCommit;
  readonly sealer: Sealer;
  readonly lifetimes: EffectLifetimes;
}

/** What the effects of one type save: parts of the statement, and rows of the outbox. */
interface SavedEffects {
  readonly parts?: CommitParts;
  readonly messages?: readonly OutboxMessage[];
}

/** Turns all effects of one type in a commit, in their order, into what is saved. */
type EffectWriter<T extends EffectType> = (effects: readonly EffectOf<T>[], input: CommitInput) => SavedEffects;

/** Effects that save nothing in this statement. */
const nothing = (): SavedEffects => ({});

/**
 * The writers of all effects. Messages go to the outbox in this order. The order of the parts in the statement, which is the
 * order of the locks, is that of `COMMIT_PARTS`.
 */
const EFFECT_WRITERS: { readonly [T in EffectType]: EffectWriter<T> } = {
  mail: (mails, { commit }) => ({ messages: mails.map((mail) => mailMessage(mail, commit.eventContext)) }),
  event: (events, { commit }) => ({
    messages: events.map(({ action, context }) => eventMessage({ ...eventFacts(commit), action, context })),
  }),
  logout: writeLogout,
  login: writeLogin,
  keep_session: writeKeptSession,
  end_sessions: (ends) => ({ parts: { end: { gone_user: ends.at(-1)!.user } } }),
  reputation: writeReputation,
  source_login: writeSourceLogins,
  /** The run notes the step whose link is used up, and the commit names it. */
  link_used: nothing,
  /** For the HTTP response. */
  cookie: nothing,
  authorize: nothing,
  /** Kept for a page that shows messages. No page does yet. */
  toast: nothing,
};

const WRITTEN_TYPES = Object.keys(EFFECT_WRITERS) as EffectType[];

/** Returns the parts of the statement and the outbox messages that the effects of a commit save. */
export function savedEffects(input: CommitInput): Required<SavedEffects> {
  const saved = WRITTEN_TYPES.map((type) => writeEffects(type, input));
  return {
    parts: Object.assign({}, ...saved.map(({ parts }) => parts)) as CommitParts,
    messages: saved.flatMap(({ messages = [] }) => messages),
  };
}

function writeEffects<T extends EffectType>(type: T, input: CommitInput): SavedEffects {
  const effects = input.commit.effects.filter((effect): effect is EffectOf<T> => effect.type === type);
  return effects.length > 0 ? EFFECT_WRITERS[type](effects, input) : {};
}

const eventFacts = ({ eventContext: { user, clientIp, flow } }: PlanCommit) => ({ user, clientIp, flow });

/** Of several logins and logouts the last one decides what becomes of the session. */
const isLast = (type: 'login' | 'logout', { effects }: PlanCommit) => lastSessionChange(effects)?.type === type;

function writeLogin(logins: readonly EffectOf<'login'>[], { commit, lifetimes }: CommitInput): SavedEffects {
  if (!isLast('login', commit)) return {};
  const last = logins.at(-1)!;
  const { user: uuid, duration_s, terminate_other_sessions } = last;
  const { user } = commit.eventContext;
  const login = {
    user: uuid,
    epoch: user?.kind === 'saved' ? user.epoch : null,
    data: sessionData(last, commit),
    fixed_ttl: duration_s && interval(duration_s),
    sliding_ttl: interval(lifetimes.sessionS),
  };
  return { parts: terminate_other_sessions ? { login, alone: {} } : { login } };
}

const sessionData = ({ backend, bindings, second_factor = false }: EffectOf<'login'>, { eventContext }: PlanCommit) =>
  JSON.stringify({
    ...{ backend, bindings, second_factor, proved: eventContext.recentlyProved === true },
    ...{ last_ip: eventContext.clientIp, last_user_agent: truncatedUserAgent(eventContext.userAgent ?? '') },
  });

/** A logout is an event of the user who was logged in, if there was one. */
function writeLogout(_logouts: readonly EffectOf<'logout'>[], { commit, lifetimes }: CommitInput): SavedEffects {
  const { sessionUser: user, clientIp, flow } = commit.eventContext;
  return {
    ...(isLast('logout', commit) && { parts: { logout: { strangers_ttl: interval(lifetimes.anonymousSessionS) } } }),
    ...(user && { messages: [eventMessage({ action: 'logout', context: {}, user, clientIp, flow })] }),
  };
}

/** A session that logs in or out has a new epoch anyway. */
function writeKeptSession(effects: readonly EffectOf<'keep_session'>[], { commit }: CommitInput): SavedEffects {
  const { user } = commit.eventContext;
  if (lastSessionChange(commit.effects) || user?.kind !== 'saved') return {};
  return { parts: { keep: { kept_user: user.uuid, kept_epoch: effects.at(-1)!.user_epoch } } };
}

function writeReputation(changes: readonly EffectOf<'reputation'>[], { commit }: CommitInput): SavedEffects {
  const identifiers = changes.map(({ identifier }) => indexKey(identifier));
  const deltas = changes.map(({ delta }) => delta);
  return { parts: { rate: { identifiers, deltas, client_ip: commit.eventContext.clientIp } } };
}

/** Characters of an identifier that are indexed as they are. A longer identifier is stored as its digest. */
const MAX_INDEXED = 200;

const indexKey = (identifier: string) =>
  identifier.length <= MAX_INDEXED ? identifier : `sha256:${createHash('sha256').update(identifier).digest('hex')}`;

/** Logins at sources that a challenge offers. They lead to the destination of the plan. */
function writeSourceLogins(
  logins: readonly EffectOf<'source_login'>[],
  { commit: { plan }, sealer, lifetimes }: CommitInput,
): SavedEffects {
  const query = plan.next === undefined ? {} : { next: plan.next };
  const rows = logins.map(({ source, state }) => pendingSourceLoginRow(state, { source, kept: {}, query }, sealer));
  const part: StatementValues = {
    parted_hashes: rows.map(({ hash }) => hash),
    parted_sources: rows.map(({ source }) => source),
    parted_bodies: rows.map(({ body }) => body),
    parted_lifetime: interval(lifetimes.sourceLoginS),
  };
  return { parts: { part } };
}

/** Returns an interval of seconds as Postgres reads it. */
export const interval = (seconds: number): string => `${seconds} seconds`;
