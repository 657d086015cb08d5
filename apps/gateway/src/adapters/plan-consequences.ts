import { createHash } from 'node:crypto';
import type { Effect } from '@gatehouse/contracts';
import { eventOf, mailOf, type OutboxMessage, outboxRow } from '@gatehouse/outbox';
import type { Sealer } from '@gatehouse/platform';
import type { Claim } from '../execution/attempts.js';
import type { Save } from '../execution/plans.js';
import { sessionChangeOf } from '../execution/session-change.js';
import { bodyOf, resumedRow } from './plan-rows.js';
import { sourceLoginRow } from './source-login-rows.js';
import { storable } from './typeorm-bound-sessions.js';

/** Whether a save changes its plan and nothing else. */
export const isPlain = ({ effects, cleared, returned, burns }: Save): boolean =>
  effects.length + cleared.length + returned.length === 0 && burns === undefined;

interface SessionLifetimes {
  readonly sourceLoginS: number;
  readonly sessionS: number;
  readonly anonymousSessionS: number;
}

/** The values of SAVE_WITH_EFFECTS from $9 on: everything that happens if and only if the plan is saved. */
export function consequencesOf(save: Save, sealer: Sealer, lifetimes: SessionLifetimes): unknown[] {
  const { effects, newKey = null, cleared, returned, about, burns = null } = save;
  const reputation = all(effects, 'reputation');
  return [
    ...[newKey, ...loginColumns(save, lifetimes.sessionS)],
    ...[...columns(cleared), ...columns(returned)],
    ...outboxColumns(save, sealer),
    ...[reputation.map(({ identifier }) => indexable(identifier)), reputation.map(({ delta }) => delta)],
    ...[about.clientIp, about.user?.kind === 'saved' ? about.user.epoch : null],
    ...[one(effects, 'keep_session')?.user_epoch ?? null, one(effects, 'end_sessions')?.user ?? null],
    ...[burns, ...linkColumns(save, sealer), save.versionId],
    ...[sessionChangeOf(effects)?.type === 'logout', seconds(lifetimes.anonymousSessionS)],
    save.usesLinkOf ?? null,
    about.user?.kind === 'saved' ? about.user.uuid : null,
    ...[...sourceLoginColumns(save, sealer), seconds(lifetimes.sourceLoginS)],
  ];
}

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;

const all = <T extends Effect['type']>(effects: readonly Effect[], type: T) =>
  effects.filter((effect): effect is Of<T> => effect.type === type);
const one = <T extends Effect['type']>(effects: readonly Effect[], type: T) => all(effects, type).at(-1);

/** Who logs in, for how long at most and at least, and whether the user's other sessions end. */
function loginColumns(save: Save, sessionS: number): unknown[] {
  const login = sessionChangeOf(save.effects);
  if (login?.type !== 'login') return [null, null, null, seconds(sessionS), false];
  const { user, duration_s, terminate_other_sessions } = login;
  return [
    user,
    sessionData(login, save),
    duration_s && seconds(duration_s),
    seconds(sessionS),
    terminate_other_sessions,
  ];
}

const sessionData = ({ backend, bindings, second_factor = false }: Of<'login'>, { about }: Save) =>
  JSON.stringify({
    ...{ backend, bindings, second_factor },
    ...{ last_ip: about.clientIp, last_user_agent: storable(about.userAgent ?? '') },
  });

/** What other services are to do or to know. */
function outboxColumns({ effects, about }: Save, sealer: Sealer): unknown[] {
  const { user, sessionUser, clientIp, flow } = about;
  const leaves = sessionUser && all(effects, 'logout').length > 0;
  const messages: OutboxMessage[] = [
    ...all(effects, 'mail').map((mail) => mailOf(mail, { user, clientIp, flow })),
    ...all(effects, 'event').map(({ action, context }) => eventOf({ action, context, user, clientIp, flow })),
    ...(leaves ? [eventOf({ action: 'logout', context: {}, user: sessionUser, clientIp, flow })] : []),
  ];
  const rows = messages.map((message) => outboxRow(message, sealer));
  return [rows.map(({ id }) => id), rows.map(({ topic }) => topic), rows.map(({ body }) => body)];
}

/** The plan as it is saved, for each link that leads back to it. */
const linkColumns = ({ links, plan }: Save, sealer: Sealer): unknown[] => [
  links.map(({ hash }) => hash),
  links.map(({ step }) => step),
  links.map(({ hash }) => sealer.seal(resumedRow(hash), bodyOf(plan))),
  links.map(({ ttlS }) => seconds(ttlS)),
];

/** Logins at sources that begin with what is shown; they lead to where the plan does. */
function sourceLoginColumns({ effects, plan }: Save, sealer: Sealer): unknown[] {
  const query = plan.next === undefined ? {} : { next: plan.next };
  const rows = all(effects, 'source_login').map(({ source, state }) =>
    sourceLoginRow(state, { source, kept: {}, query }, sealer),
  );
  return [rows.map(({ hash }) => hash), rows.map(({ source }) => source), rows.map(({ body }) => body)];
}

/** Characters of an identifier that an index takes as they are; a longer one is known by its digest. */
const MAX_INDEXED = 200;

const indexable = (identifier: string) =>
  identifier.length <= MAX_INDEXED ? identifier : `sha256:${createHash('sha256').update(identifier).digest('hex')}`;

/** An interval of so many seconds, as Postgres reads it. */
export const seconds = (count: number): string => `${count} seconds`;

const columns = (claims: readonly Claim[]) => [
  claims.map(({ subject }) => subject),
  claims.map(({ credential }) => credential),
];
