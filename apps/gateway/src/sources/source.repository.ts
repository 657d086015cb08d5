import type { AuditEvent, PublishedSource, SavedUser } from '@gatehouse/contracts';
import { toSavedUser } from '@gatehouse/executor';
import { eventMessage, insertOutboxRow, outboxParameters, outboxRow } from '@gatehouse/outbox';
import { runNamed, Sealer, SecretBox } from '@gatehouse/platform';
import { openSource, type SealedSource } from '@gatehouse/sources';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RequestFacts } from '../http/event-facts.reader.js';
import type { Slice } from '../http/pagination.js';
import type { MatchingUser } from './source-user.matcher.js';

/** An account at a source. */
export interface SourceAccount {
  /** The uuid of the source. */
  readonly source: string;
  /** The source's identifier of the account. */
  readonly identifier: string;
}

/** A connection of a user with an account at a source, with the fields that the user may see. */
export interface UserSourceConnection {
  readonly pk: number;
  readonly source: Pick<PublishedSource, 'uuid' | 'slug' | 'name' | 'enabled' | 'model' | 'icon'> & {
    readonly provider_type?: string;
  };
  readonly created: Date;
}

/** The user who makes or removes a connection, and the facts about the request for the audit event. */
export interface ConnectionChange {
  readonly user: SavedUser;
  readonly facts: RequestFacts;
}

/** Columns of a SavedUser, selected from the directory. */
const COLUMNS = `'saved' AS kind, u.id AS uuid, u.pk, u.username, u.name, u.email, u.is_active, u.epoch, u.locale`;
const USERS = 'FROM directory.identities u';

/** Selects the document of the source with the slug $1. */
const FIND = { name: 'source_find', text: 'SELECT document FROM identification.sources WHERE slug = $1' };
/**
 * Selects the user who is connected with an account. $1 uuid of the source, $2 identifier of the account at the source.
 */
const CONNECTED = {
  name: 'source_connected',
  text: `SELECT ${COLUMNS} ${USERS} JOIN identification.connections c ON c.user_id = u.id WHERE c.source_id = $1 AND c.identifier = $2`,
};
/**
 * Selects at most two users with the email address or username $1, active users with a verified email address first.
 */
const MATCHING = {
  email: {
    name: 'source_first_matching_email',
    text: `SELECT ${COLUMNS}, u.email_rank = 0 AS is_proven ${USERS} WHERE u.email = $1 ORDER BY u.email_rank LIMIT 2`,
  },
  username: {
    name: 'source_first_matching_username',
    text: `SELECT ${COLUMNS}, true AS is_proven ${USERS} WHERE u.username = $1 LIMIT 2`,
  },
} as const;

/**
 * Connects a user with an account. `permitted` grants the permit to connect a superuser (docs/adr/0035), `made` calls
 * `identification.connect`, which uses up the permit, and `event` writes the event if the connection is new. $1 uuid of
 * the source, $2 identifier of the account, $3 uuid of the user, $4-$7 outbox row.
 */
const CONNECT = {
  name: 'source_connect',
  text: `WITH permitted AS MATERIALIZED (SELECT directory.permit_superuser($3, 'identification')),
    made AS MATERIALIZED (SELECT identification.connect($1, $2, $3) AS outcome FROM permitted),
    event AS (${insertOutboxRow(`made WHERE outcome = 'new'`, 4)})
    SELECT outcome FROM made`,
};

/** Selects the connections of the user with the uuid $1. */
const OWNED =
  'FROM identification.connections c JOIN identification.sources s ON s.id = c.source_id WHERE c.user_id = $1';
const COUNT = { name: 'source_connection_count', text: `SELECT count(*)::int AS count ${OWNED}` };
const LIST = {
  name: 'source_connection_list',
  text: `SELECT c.pk, c.created_at AS created, jsonb_build_object('uuid', s.id, 'slug', s.slug,
      'name', s.document->>'name', 'enabled', (s.document->>'enabled')::boolean, 'model', s.document->>'model',
      'icon', s.document->>'icon', 'provider_type', s.document->>'provider_type') AS source
    ${OWNED} ORDER BY s.document->>'name', c.pk LIMIT $2 OFFSET $3`,
};
/**
 * Removes a connection and writes the event. $1 uuid of the user, $2 pk of the connection, $3-$6 outbox row.
 */
const REMOVE = {
  name: 'source_connection_remove',
  text: `WITH gone AS (DELETE FROM identification.connections WHERE user_id = $1 AND pk = $2 RETURNING pk)
    ${insertOutboxRow('gone', 3)}`,
};

/**
 * The result of connecting: `new` for a new connection, `kept` for an existing connection, `taken` for an account of
 * another user.
 */
type ConnectResult = 'new' | 'kept' | 'taken';

/** Sources and their connections with users, in the schema of the identification service. */
@Injectable()
export class SourceRepository {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(Sealer) private readonly sealer: Sealer,
  ) {}

  /** Returns the current version of a source with its secrets, enabled or not. */
  async find(slug: string): Promise<PublishedSource | undefined> {
    const { rows } = await runNamed<{ document: SealedSource }>(this.source, FIND, [slug]);
    return rows[0] && openSource(rows[0].document, new SecretBox(this.sealer));
  }

  /** Returns the user who is connected with an account, active or not. */
  async findConnected({ source, identifier }: SourceAccount): Promise<SavedUser | undefined> {
    return (await runNamed<SavedUser>(this.source, CONNECTED, [source, identifier])).rows[0];
  }

  /** Returns the users with exactly this value, at most two. Users who have proved the value are first. */
  async findMatching(field: 'email' | 'username', value: string): Promise<MatchingUser[]> {
    const { rows } = await runNamed<SavedUser & { is_proven: boolean }>(this.source, MATCHING[field], [value]);
    return rows.map(({ is_proven: isProven, ...user }) => ({ user, isProven }));
  }

  /** Connects a user with an account and writes an event. Returns `taken` if the account belongs to another user. */
  async connect(
    { source, identifier, name }: SourceAccount & { readonly name: string },
    change: ConnectionChange,
  ): Promise<ConnectResult> {
    const context = { message: 'Linked Source', source: { uuid: source, name } } as const;
    const event = this.eventRow({ action: 'source_linked', context }, change);
    const values = [source, identifier, change.user.uuid, ...event];
    return (await runNamed<{ outcome: ConnectResult }>(this.source, CONNECT, values)).rows[0]!.outcome;
  }

  async count(userId: string): Promise<number> {
    return (await runNamed<{ count: number }>(this.source, COUNT, [userId])).rows[0]?.count ?? 0;
  }

  async list(userId: string, { offset, limit }: Slice): Promise<UserSourceConnection[]> {
    return (await runNamed<UserSourceConnection>(this.source, LIST, [userId, limit, offset])).rows;
  }

  /** Removes a connection and writes an event. Returns false if the user has no such connection. */
  async remove(pk: number, change: ConnectionChange): Promise<boolean> {
    const model = { app: 'authentik_core', model_name: 'usersourceconnection', pk };
    const values = [change.user.uuid, pk, ...this.eventRow({ action: 'model_deleted', context: { model } }, change)];
    return (await runNamed(this.source, REMOVE, values)).rowCount === 1;
  }

  private eventRow(event: AuditEvent, { user, facts }: ConnectionChange): unknown[] {
    return outboxParameters(outboxRow(eventMessage(event, { ...facts, user: toSavedUser(user) }), this.sealer));
  }
}
