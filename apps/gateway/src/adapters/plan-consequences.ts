import { createHash } from 'node:crypto';
import type { Effect } from '@gatehouse/contracts';
import { eventOf, mailOf, type OutboxMessage, outboxRow } from '@gatehouse/outbox';
import type { Sealer } from '@gatehouse/platform';
import type { Save } from '../execution/plans.js';
import { sessionChangeOf } from '../execution/session-change.js';
import type { Values } from './named-values.js';
import { bodyOf, resumedRow } from './plan-rows.js';
import type { Consequences } from './save-statement.js';
import { sourceLoginRow } from './source-login-rows.js';
import { storable } from './typeorm-bound-sessions.js';

interface SessionLifetimes {
  readonly sourceLoginS: number;
  readonly sessionS: number;
  readonly anonymousSessionS: number;
}

/** Everything that happens if and only if the plan is saved. */
export function consequencesOf(save: Save, sealer: Sealer, lifetimes: SessionLifetimes): Consequences {
  const { effects, newKey, cleared, returned, burns, usesLinkOf, links } = save;
  const messages = messagesOf(save);
  const rated = all(effects, 'reputation');
  const parted = all(effects, 'source_login');
  const gone = one(effects, 'end_sessions')?.user;
  return {
    ...(newKey ? { key: { new_key: newKey } } : {}),
    ...sessionPart(save, lifetimes),
    ...(gone === undefined ? {} : { end: { gone_user: gone } }),
    ...(burns || usesLinkOf ? { burn: { burnt_hash: burns ?? null, burnt_step: usesLinkOf ?? null } } : {}),
    ...(links.length > 0 ? { link: linkValues(save, sealer) } : {}),
    ...(cleared.length + returned.length > 0 ? { settle: settleValues(save) } : {}),
    ...(messages.length > 0 ? { send: outboxValues(messages, sealer) } : {}),
    ...(rated.length > 0 ? { rate: rateValues(rated, save) } : {}),
    ...(parted.length > 0 ? { part: sourceLoginValues(parted, save, { sealer, lifetimes }) } : {}),
  };
}

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;

const all = <T extends Effect['type']>(effects: readonly Effect[], type: T) =>
  effects.filter((effect): effect is Of<T> => effect.type === type);
const one = <T extends Effect['type']>(effects: readonly Effect[], type: T) => all(effects, type).at(-1);

/** What becomes of the session: somebody's, nobody's, or its user's under a new epoch. */
function sessionPart(save: Save, { sessionS, anonymousSessionS }: SessionLifetimes): Consequences {
  const change = sessionChangeOf(save.effects);
  const { user } = save.about;
  const known = user?.kind === 'saved' ? user : undefined;
  if (change?.type === 'logout') return { logout: { strangers_ttl: seconds(anonymousSessionS) } };
  if (change) {
    const ttl = { fixed_ttl: change.duration_s && seconds(change.duration_s), sliding_ttl: seconds(sessionS) };
    const is_created_here = save.about.isCreatedHere === true;
    const login = {
      user: change.user,
      epoch: known?.epoch ?? null,
      is_created_here,
      data: sessionData(change, save),
      ...ttl,
    };
    return change.terminate_other_sessions ? { login, alone: {} } : { login };
  }
  const keeps = one(save.effects, 'keep_session');
  return keeps && known ? { keep: { kept_user: known.uuid, kept_epoch: keeps.user_epoch } } : {};
}

const sessionData = ({ backend, bindings, second_factor = false }: Of<'login'>, { about }: Save) =>
  JSON.stringify({
    ...{ backend, bindings, second_factor },
    ...{ last_ip: about.clientIp, last_user_agent: storable(about.userAgent ?? '') },
  });

/** What other services are to do or to know. */
function messagesOf({ effects, about }: Save): OutboxMessage[] {
  const { user, sessionUser, clientIp, flow } = about;
  const leaves = sessionUser && all(effects, 'logout').length > 0;
  return [
    ...all(effects, 'mail').map((mail) => mailOf(mail, { user, clientIp, flow })),
    ...all(effects, 'event').map(({ action, context }) => eventOf({ action, context, user, clientIp, flow })),
    ...(leaves ? [eventOf({ action: 'logout', context: {}, user: sessionUser, clientIp, flow })] : []),
  ];
}

function outboxValues(messages: readonly OutboxMessage[], sealer: Sealer): Values {
  const rows = messages.map((message) => outboxRow(message, sealer));
  return {
    ids: rows.map(({ id }) => id),
    topics: rows.map(({ topic }) => topic),
    bodies: rows.map(({ body }) => body),
  };
}

/** The plan as it is saved, for each link that leads back to it. */
const linkValues = ({ links, plan, versionId }: Save, sealer: Sealer): Values => ({
  link_hashes: links.map(({ hash }) => hash),
  link_steps: links.map(({ step }) => step),
  link_bodies: links.map(({ hash }) => sealer.seal(resumedRow(hash), bodyOf(plan))),
  link_ttls: links.map(({ ttlS }) => seconds(ttlS)),
  version: versionId,
});

const settleValues = ({ cleared, returned }: Save): Values => ({
  cleared_subjects: cleared.map(({ subject }) => subject),
  cleared_credentials: cleared.map(({ credential }) => credential),
  returned_subjects: returned.map(({ subject }) => subject),
  returned_credentials: returned.map(({ credential }) => credential),
  returned_times: returned.map(({ takenAt = null }) => takenAt),
});

const rateValues = (rated: readonly Of<'reputation'>[], { about }: Save): Values => ({
  identifiers: rated.map(({ identifier }) => indexable(identifier)),
  deltas: rated.map(({ delta }) => delta),
  client_ip: about.clientIp,
});

/** Logins at sources that begin with what is shown; they lead to where the plan does. */
function sourceLoginValues(
  parted: readonly Of<'source_login'>[],
  { plan }: Save,
  { sealer, lifetimes }: { readonly sealer: Sealer; readonly lifetimes: SessionLifetimes },
): Values {
  const query = plan.next === undefined ? {} : { next: plan.next };
  const rows = parted.map(({ source, state }) => sourceLoginRow(state, { source, kept: {}, query }, sealer));
  return {
    parted_hashes: rows.map(({ hash }) => hash),
    parted_sources: rows.map(({ source }) => source),
    parted_bodies: rows.map(({ body }) => body),
    parted_lifetime: seconds(lifetimes.sourceLoginS),
  };
}

/** Characters of an identifier that an index takes as they are; a longer one is known by its digest. */
const MAX_INDEXED = 200;

const indexable = (identifier: string) =>
  identifier.length <= MAX_INDEXED ? identifier : `sha256:${createHash('sha256').update(identifier).digest('hex')}`;

/** An interval of so many seconds, as Postgres reads it. */
export const seconds = (count: number): string => `${count} seconds`;
