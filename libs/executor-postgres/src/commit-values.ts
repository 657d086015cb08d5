import { createHash } from 'node:crypto';
import type { Effect } from '@gatehouse/contracts';
import type { PlanCommit } from '@gatehouse/executor';
import { lastSessionChange } from '@gatehouse/executor';
import { eventMessage, mailMessage, type OutboxMessage, outboxRow } from '@gatehouse/outbox';
import type { Sealer } from '@gatehouse/platform';
import type { CommitParts } from './commit-statement.js';
import type { StatementValues } from './named-values.js';
import { pendingSourceLoginRow } from './pending-source-login.rows.js';
import { planBodyOf, resumeTokenSealId } from './plan.rows.js';
import { truncatedUserAgent } from './postgres-session-binding-store.js';

interface SessionLifetimes {
  readonly sourceLoginS: number;
  readonly sessionS: number;
  readonly anonymousSessionS: number;
}

/** Everything that happens if and only if the plan is saved. */
export function commitPartsOf(save: PlanCommit, sealer: Sealer, lifetimes: SessionLifetimes): CommitParts {
  const { effects, newKey, cleared, returned, burns, usesLinkOf, links } = save;
  const messages = outboxMessages(save);
  const rated = effectsOfType(effects, 'reputation');
  const parted = effectsOfType(effects, 'source_login');
  const gone = lastEffectOfType(effects, 'end_sessions')?.user;
  return {
    ...(newKey ? { key: { new_key: newKey } } : {}),
    ...sessionPart(save, lifetimes),
    ...(gone === undefined ? {} : { end: { gone_user: gone } }),
    ...(burns || usesLinkOf ? { burn: { burnt_hash: burns ?? null, burnt_step: usesLinkOf ?? null } } : {}),
    ...(links.length > 0 ? { link: linkValues(save, sealer) } : {}),
    ...(cleared.length + returned.length > 0 ? { settle: settlementValues(save) } : {}),
    ...(messages.length > 0 ? { send: outboxValues(messages, sealer) } : {}),
    ...(rated.length > 0 ? { rate: reputationValues(rated, save) } : {}),
    ...(parted.length > 0 ? { part: sourceLoginValues(parted, save, { sealer, lifetimes }) } : {}),
  };
}

type EffectOfType<T extends Effect['type']> = Extract<Effect, { type: T }>;

const effectsOfType = <T extends Effect['type']>(effects: readonly Effect[], type: T) =>
  effects.filter((effect): effect is EffectOfType<T> => effect.type === type);
const lastEffectOfType = <T extends Effect['type']>(effects: readonly Effect[], type: T) =>
  effectsOfType(effects, type).at(-1);

/** What becomes of the session: somebody's, nobody's, or its user's under a new epoch. */
function sessionPart(save: PlanCommit, { sessionS, anonymousSessionS }: SessionLifetimes): CommitParts {
  const change = lastSessionChange(save.effects);
  const { user } = save.about;
  const known = user?.kind === 'saved' ? user : undefined;
  if (change?.type === 'logout') return { logout: { strangers_ttl: interval(anonymousSessionS) } };
  if (change) {
    const ttl = { fixed_ttl: change.duration_s && interval(change.duration_s), sliding_ttl: interval(sessionS) };
    const login = {
      user: change.user,
      epoch: known?.epoch ?? null,
      data: sessionData(change, save),
      ...ttl,
    };
    return change.terminate_other_sessions ? { login, alone: {} } : { login };
  }
  const keeps = lastEffectOfType(save.effects, 'keep_session');
  return keeps && known ? { keep: { kept_user: known.uuid, kept_epoch: keeps.user_epoch } } : {};
}

const sessionData = ({ backend, bindings, second_factor = false }: EffectOfType<'login'>, { about }: PlanCommit) =>
  JSON.stringify({
    ...{ backend, bindings, second_factor, proved: about.proved === true },
    ...{ last_ip: about.clientIp, last_user_agent: truncatedUserAgent(about.userAgent ?? '') },
  });

/** What other services are to do or to know. */
function outboxMessages({ effects, about }: PlanCommit): OutboxMessage[] {
  const { user, sessionUser, clientIp, flow } = about;
  const leaves = sessionUser && effectsOfType(effects, 'logout').length > 0;
  return [
    ...effectsOfType(effects, 'mail').map((mail) => mailMessage(mail, { user, clientIp, flow })),
    ...effectsOfType(effects, 'event').map(({ action, context }) =>
      eventMessage({ action, context, user, clientIp, flow }),
    ),
    ...(leaves ? [eventMessage({ action: 'logout', context: {}, user: sessionUser, clientIp, flow })] : []),
  ];
}

function outboxValues(messages: readonly OutboxMessage[], sealer: Sealer): StatementValues {
  const rows = messages.map((message) => outboxRow(message, sealer));
  return {
    ids: rows.map(({ id }) => id),
    topics: rows.map(({ topic }) => topic),
    bodies: rows.map(({ body }) => body),
  };
}

/** The plan as it is saved, for each link that leads back to it. */
const linkValues = ({ links, plan, versionId }: PlanCommit, sealer: Sealer): StatementValues => ({
  link_hashes: links.map(({ hash }) => hash),
  link_steps: links.map(({ step }) => step),
  link_bodies: links.map(({ hash }) => sealer.seal(resumeTokenSealId(hash), planBodyOf(plan))),
  link_ttls: links.map(({ ttlS }) => interval(ttlS)),
  version: versionId,
});

const settlementValues = ({ cleared, returned }: PlanCommit): StatementValues => ({
  cleared_subjects: cleared.map(({ subject }) => subject),
  cleared_credentials: cleared.map(({ credential }) => credential),
  returned_subjects: returned.map(({ subject }) => subject),
  returned_credentials: returned.map(({ credential }) => credential),
  returned_times: returned.map(({ takenAt = null }) => takenAt),
});

const reputationValues = (rated: readonly EffectOfType<'reputation'>[], { about }: PlanCommit): StatementValues => ({
  identifiers: rated.map(({ identifier }) => indexKey(identifier)),
  deltas: rated.map(({ delta }) => delta),
  client_ip: about.clientIp,
});

/** Logins at sources that begin with what is shown; they lead to where the plan does. */
function sourceLoginValues(
  parted: readonly EffectOfType<'source_login'>[],
  { plan }: PlanCommit,
  { sealer, lifetimes }: { readonly sealer: Sealer; readonly lifetimes: SessionLifetimes },
): StatementValues {
  const query = plan.next === undefined ? {} : { next: plan.next };
  const rows = parted.map(({ source, state }) => pendingSourceLoginRow(state, { source, kept: {}, query }, sealer));
  return {
    parted_hashes: rows.map(({ hash }) => hash),
    parted_sources: rows.map(({ source }) => source),
    parted_bodies: rows.map(({ body }) => body),
    parted_lifetime: interval(lifetimes.sourceLoginS),
  };
}

/** Characters of an identifier that an index takes as they are; a longer one is known by its digest. */
const MAX_INDEXED = 200;

const indexKey = (identifier: string) =>
  identifier.length <= MAX_INDEXED ? identifier : `sha256:${createHash('sha256').update(identifier).digest('hex')}`;

/** An interval of so many seconds, as Postgres reads it. */
export const interval = (count: number): string => `${count} seconds`;
