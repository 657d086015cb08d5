import { createHash } from 'node:crypto';
import type { AuditEvent, EventActor, SavedUser } from '@gatehouse/contracts';
import { deleteUserSessions } from '@gatehouse/executor-postgres';
import { eventMessage, INSERT_OUTBOX_ROWS, outboxColumns, outboxRow } from '@gatehouse/outbox';
import { Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { RequestFacts } from '../http/event-facts.reader.js';
import type { SignalTransmitter } from './signal.config.js';
import type { SignalEffect, SignalEvent, UserIdentifier } from './signal-event.js';

/**
 * Stores that a token was received. Inserts nothing for a repeated token. $1 transmitter, $2 hash of the jti, $3
 * seconds.
 */
const RECEIVE = `INSERT INTO flow.received_signals (transmitter, jti_hash, expires_at)
  VALUES ($1, $2, now() + $3 * interval '1 second') ON CONFLICT DO NOTHING RETURNING 1`;

/** SQL for whether the verified address of a user is in a domain of the transmitter. $3 domains. */
const VERIFIED = `u.email_rank IN (0, 2) AND lower(substring(u.email from '[^@]*$')) = ANY ($3::text[])`;
const CONNECTIONS = 'identification.connections c JOIN identification.sources s ON s.id = c.source_id AND s.slug = $2';
/**
 * Selects the users of an identifier, and whether each is connected with the transmitter's source or has a verified
 * address in its domains. $1 identifier, $2 slug of the source or null, $3 domains.
 */
const FIND = `
  SELECT 'saved' AS kind, u.id AS uuid, u.pk, u.username, u.name, u.email, u.is_active, u.epoch, u.locale, u.is_superuser,
    EXISTS (SELECT FROM ${CONNECTIONS} WHERE c.user_id = u.id) AS connected, ${VERIFIED} AS verified
  FROM directory.identities u WHERE`;
const BY_ACCOUNT = `${FIND} u.id IN (SELECT c.user_id FROM ${CONNECTIONS} WHERE c.identifier = $1)`;
const BY_EMAIL = `${FIND} lower(u.email) = lower($1) AND u.email_rank IN (0, 2) LIMIT 2`;
const BY_UUID = `${FIND} u.id = $1::uuid`;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface FoundUser extends SavedUser {
  readonly is_superuser: boolean;
  readonly connected: boolean;
  readonly verified: boolean;
}

/** A verified security event, and the transmitter that has sent it. */
export interface ReceivedSignal {
  readonly transmitter: SignalTransmitter;
  readonly event: SignalEvent;
  readonly jti: string;
  /** Seconds for which the token is remembered. */
  readonly keptS: number;
  readonly facts: Omit<RequestFacts, 'actor'>;
}

/** The result of a received event. */
export type SignalOutcome = 'applied' | 'repeated' | 'no_effect' | 'unknown_subject';

/** Applies security events to users, each token once. */
@Injectable()
export class SignalRepository {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(Sealer) private readonly sealer: Sealer,
  ) {}

  /** Applies an event in one transaction: the token is remembered if, and only if, its effect is saved. */
  apply(signal: ReceivedSignal): Promise<SignalOutcome> {
    const { transmitter, event, jti, keptS } = signal;
    return this.source.transaction(async (manager) => {
      const hash = createHash('sha256').update(jti).digest();
      const received = await manager.query<unknown[]>(RECEIVE, [transmitter.name, hash, keptS]);
      if (received.length === 0) return 'repeated';
      if (!event.effect) return 'no_effect';
      const user = await findUser(manager, transmitter, event.subject);
      if (!user) return 'unknown_subject';
      await this.change(manager, { ...signal, effect: event.effect, user });
      return 'applied';
    });
  }

  private async change(
    manager: EntityManager,
    { transmitter, event, jti, facts, effect, user }: ReceivedSignal & { effect: SignalEffect; user: SavedUser },
  ): Promise<void> {
    const wantsDeactivation = effect === 'deactivate' && transmitter.may_deactivate;
    const [row] = await manager.query<{ deactivated: boolean }[]>(
      'SELECT directory.apply_signal($1, $2) AS deactivated',
      [user.uuid, wantsDeactivation],
    );
    const deactivated = row?.deactivated === true;
    const sessions = (await deleteUserSessions(manager, user.uuid)).length;
    const { name, issuer } = transmitter;
    const context = { transmitter: name, issuer, event: event.type, jti, sessions, deactivated };
    const events: AuditEvent[] = [{ action: 'signal_received', context }];
    if (sessions > 0) events.push({ action: 'session_ended', context: { own: false } });
    if (deactivated) events.push({ action: 'user_write', context: { is_active: false, created: false } });
    const actor: EventActor = { type: 'transmitter', name, issuer };
    const rows = events.map((one) => outboxRow(eventMessage(one, { ...facts, actor, user }), this.sealer));
    const { ids, topics, bodies, users } = outboxColumns(rows);
    await manager.query(INSERT_OUTBOX_ROWS, [ids, topics, bodies, users]);
  }
}

/** Returns the user whom a subject names, if the transmitter may report about that user. */
async function findUser(
  manager: EntityManager,
  transmitter: SignalTransmitter,
  subject: UserIdentifier | undefined,
): Promise<SavedUser | undefined> {
  const statement = subject && statementFor(subject, transmitter);
  if (!statement) return undefined;
  const values = [statement.value, transmitter.source ?? null, transmitter.domains];
  const [user, ...others] = await manager.query<FoundUser[]>(statement.sql, values);
  if (!user || others.length > 0 || !isOwnUser(user)) return undefined;
  const { is_superuser: _superuser, connected: _connected, verified: _verified, ...saved } = user;
  return saved;
}

/**
 * The rule “own users only” (docs/spec/events.md#own-users): a transmitter may report about users who are connected
 * with its source, or whose verified address is in its domains. For superusers only a connection counts: an address
 * alone must not let a partner log administrators out.
 */
const isOwnUser = ({ connected, verified, is_superuser }: FoundUser): boolean =>
  connected || (verified && !is_superuser);

function statementFor(
  subject: UserIdentifier,
  { issuer, subject_issuer = issuer }: SignalTransmitter,
): { readonly sql: string; readonly value: string } | undefined {
  switch (subject.format) {
    case 'iss_sub':
      return subject.iss === subject_issuer ? { sql: BY_ACCOUNT, value: subject.sub } : undefined;
    case 'email':
      return { sql: BY_EMAIL, value: subject.email };
    case 'opaque':
      return UUID.test(subject.id) ? { sql: BY_UUID, value: subject.id } : undefined;
  }
}
