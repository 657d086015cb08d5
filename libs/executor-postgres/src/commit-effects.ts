import { createHash } from 'node:crypto';
import { acrOf, amrOf, type EffectType, type ReputationLimits } from '@gatehouse/contracts';
import { type EffectOf, type EventContext, lastSessionChange, type PlanCommit } from '@gatehouse/executor';
import { eventMessage, mailMessage, type OutboxMessage, requestedEventMessage } from '@gatehouse/outbox';
import { deviceName, type Sealer } from '@gatehouse/platform';
import type { CommitParts, StatementValues } from './commit-statement.js';
import { eventFacts } from './event-facts.js';
import type { JourneySettings } from './journeys/journey.settings.js';
import { pendingSourceLoginRow } from './pending-source-login.rows.js';
import { truncatedUserAgent } from './postgres-session-binding-store.js';
import { switchValues } from './switch-values.js';

/** Lifetimes, in seconds, of the rows that effects write. */
export interface EffectLifetimes {
  readonly sourceLoginS: number;
  readonly sessionS: number;
  readonly anonymousSessionS: number;
}

/** A plan commit, with what is needed to turn its effects into parts of the SQL statement that saves it. */
export interface CommitInput {
  readonly commit: PlanCommit;
  readonly sealer: Sealer;
  readonly lifetimes: EffectLifetimes;
  /** How the end of the plan is recorded. By default, it is not recorded. */
  readonly journeys?: JourneySettings | undefined;
  /** By default, scores have no limits. */
  readonly reputation?: ReputationLimits | undefined;
  /** Largest number of applications that a session remembers for its logout. */
  readonly applicationsPerSession?: number | undefined;
}

/** Number of applications that a session remembers for its logout, unless a setting says otherwise. */
export const DEFAULT_SESSION_APPLICATIONS = 20;

/** What the effects of one type add to a save: parts of the SQL statement, and messages for the outbox. */
interface SavedEffects {
  readonly parts?: CommitParts;
  readonly messages?: readonly OutboxMessage[];
}

/**
 * Returns what the effects of one type add to a save. `effects` are all effects of that type in the commit, in their
 * order.
 */
type EffectWriter<T extends EffectType> = (effects: readonly EffectOf<T>[], input: CommitInput) => SavedEffects;

/** The writer for types of effects that add neither SQL nor messages to a save. */
const nothing = (): SavedEffects => ({});

/**
 * The writer for each effect type. Messages go to the outbox in the order of the keys here. The SQL parts, however, are
 * in the order of `COMMIT_PARTS`, so that all saves lock rows in the same order.
 */
const EFFECT_WRITERS: { readonly [T in EffectType]: EffectWriter<T> } = {
  mail: (mails, { commit }) => ({ messages: mails.map((mail) => mailMessage(mail, eventFacts(commit.eventContext))) }),
  event: (events, { commit }) => ({
    messages: events.map((event) =>
      requestedEventMessage(withAuthentication(event, commit), {
        ...eventFacts(commit.eventContext),
        user: subjectOf(event, commit.eventContext),
      }),
    ),
  }),
  logout: writeLogout,
  login: writeLogin,
  sign_in: (signIns, { applicationsPerSession = DEFAULT_SESSION_APPLICATIONS }) => ({
    parts: { sign_in: { signed_in_client: signIns.at(-1)!.client, other_applications: applicationsPerSession - 1 } },
  }),
  keep_session: writeKeptSession,
  end_sessions: (ends) => ({ parts: { end: { gone_user: ends.at(-1)!.user } } }),
  reputation: writeReputation,
  source_login: writeSourceLogins,
  /**
   * Only records an event. The link itself is used up by `PlanCommit.usedLinkStep`, which `FlowRun` sets for this
   * effect.
   */
  link_used: (_, { commit }) => ({
    messages: [eventMessage({ action: 'link_used', context: { proof: 'code' } }, eventFacts(commit.eventContext))],
  }),
  /** `cookie`, `authorize` and `enter_flow` only change the HTTP response. */
  cookie: nothing,
  authorize: nothing,
  enter_flow: nothing,
  /** A toast is sent to the browser after the save, and never stored. */
  toast: nothing,
};

const WRITTEN_TYPES = Object.keys(EFFECT_WRITERS) as EffectType[];

/** Returns the parts of the SQL statement and the outbox messages that the effects of a commit add to its save. */
export function savedEffects(input: CommitInput): Required<SavedEffects> {
  if (input.commit.effects.length === 0) return { parts: {}, messages: [] };
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

/**
 * Returns the user whom an event is about. After a logout, the plan may have no pending user; the event is then about
 * the session's user.
 */
const subjectOf = (event: EffectOf<'event'>, { user, sessionUser }: EventContext) =>
  event.user !== undefined && sessionUser?.uuid === event.user ? sessionUser : user;

/** Returns a `login` event with the claims `acr` and `amr` of the login. Returns any other event unchanged. */
function withAuthentication(event: EffectOf<'event'>, { eventContext }: PlanCommit): EffectOf<'event'> {
  if (event.action !== 'login') return event;
  const amr = amrOf([...(eventContext.sessionMethods ?? []), ...(eventContext.provedMethods ?? [])]);
  return { ...event, context: { ...event.context, acr: acrOf(amr), amr } };
}

/** Whether the last login or logout of the commit has this type. Only the last one changes the session. */
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
    proves: commit.eventContext.recentlyProved === true,
    methods: commit.eventContext.provedMethods ?? [],
    fixed_ttl: duration_s && interval(duration_s),
    sliding_ttl: interval(lifetimes.sessionS),
  };
  const place = loginPlace(commit.eventContext);
  const { userSwitch, loginSet } = commit;
  const made: CommitParts = userSwitch
    ? { add: { ...login, ...switchValues(userSwitch, commit) } }
    : loginSet
      ? { rejoin: { ...login, login_set: loginSet } }
      : { login };
  return { parts: terminate_other_sessions ? { ...made, place, alone: {} } : { ...made, place } };
}

/** Returns the coarse place and the browser of a login. The part `login` contains the user. */
function loginPlace({ findLocation, userAgent }: EventContext): StatementValues {
  const { country, latitude, longitude } = findLocation() ?? {};
  return {
    country: country ?? null,
    latitude: latitude?.toFixed(1) ?? null,
    longitude: longitude?.toFixed(1) ?? null,
    device: deviceName(userAgent),
  };
}

const sessionData = ({ backend, bindings, second_factor = false }: EffectOf<'login'>, { eventContext }: PlanCommit) =>
  JSON.stringify({
    ...{ backend, bindings, second_factor, proved: eventContext.recentlyProved === true },
    devices: eventContext.provedDevices ?? [],
    amr: amrOf(eventContext.provedMethods ?? []),
    ...{ last_ip: eventContext.clientIp, last_user_agent: truncatedUserAgent(eventContext.userAgent) },
  });

/**
 * Logs the session out, unless a login follows in the same commit, and sends a logout event if a user was logged in.
 */
function writeLogout(_logouts: readonly EffectOf<'logout'>[], { commit, lifetimes }: CommitInput): SavedEffects {
  const { sessionUser: user } = commit.eventContext;
  const facts = { ...eventFacts(commit.eventContext), user };
  return {
    ...(isLast('logout', commit) && { parts: { logout: { anonymous_ttl: interval(lifetimes.anonymousSessionS) } } }),
    ...(user && { messages: [eventMessage({ action: 'logout', context: {} }, facts)] }),
  };
}

/**
 * Keeps the session logged in after its user's epoch has changed. Does nothing if the commit has a login or logout,
 * because these set the session's epoch themselves.
 */
function writeKeptSession(effects: readonly EffectOf<'keep_session'>[], { commit }: CommitInput): SavedEffects {
  const { user } = commit.eventContext;
  if (lastSessionChange(commit.effects) || user?.kind !== 'saved') return {};
  return { parts: { keep: { kept_user: user.uuid, kept_epoch: effects.at(-1)!.user_epoch } } };
}

function writeReputation(
  changes: readonly EffectOf<'reputation'>[],
  { commit, reputation = {} }: CommitInput,
): SavedEffects {
  const identifiers = changes.map(({ identifier }) => indexKey(identifier));
  const deltas = changes.map(({ delta }) => delta);
  const { lowest = null, highest = null } = reputation;
  return { parts: { rate: { identifiers, deltas, client_ip: commit.eventContext.clientIp, lowest, highest } } };
}

/**
 * Largest length, in code points, of a reputation identifier that is stored as it is. A longer one, which is longer
 * than any username, is stored as its SHA-256.
 */
const MAX_INDEXED = 200;

const indexKey = (identifier: string) =>
  Array.from(identifier).length <= MAX_INDEXED
    ? identifier
    : `sha256:${createHash('sha256').update(identifier).digest('hex')}`;

/**
 * Stores a pending source login for each source that the shown challenge offers. `query` contains the plan's
 * destination, to which the visitor returns after the login at the source.
 */
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

/** Returns a Postgres interval of this number of seconds, as text. */
export const interval = (seconds: number): string => `${seconds} seconds`;
