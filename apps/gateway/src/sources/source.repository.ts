import type { PublishedSource, SavedUser } from '@gatehouse/contracts';
import { eventMessage, outboxRow } from '@gatehouse/outbox';
import { runNamed, type Sealer, SecretBox } from '@gatehouse/platform';
import { openSource, type SealedSource } from '@gatehouse/sources';
import type { DataSource } from 'typeorm';
import type { Slice } from '../sessions/sessions.js';
import { type ConnectionChange, type SourceAccount, SourceBook, type UserSourceConnection } from './source-book.js';

const USER = `SELECT 'saved' AS kind, u.id AS uuid, u.pk, u.username, u.name, u.email, u.is_active, u.epoch, u.locale
  FROM directory.identities u`;

/** $1 slug. */
const FIND = { name: 'source_find', text: 'SELECT document FROM identification.sources WHERE slug = $1' };
/** $1 source, $2 identifier. */
const CONNECTED = {
  name: 'source_connected',
  text: `${USER} JOIN identification.connections c ON c.user_id = u.id WHERE c.source_id = $1 AND c.identifier = $2`,
};
const MATCHING = {
  email: { name: 'source_matching_email', text: `${USER} WHERE u.email = $1 LIMIT 2` },
  username: { name: 'source_matching_username', text: `${USER} WHERE u.username = $1 LIMIT 2` },
} as const;

/**
 * $1-$3 the row of the outbox, $4 source, $5 identifier, $6 user. The gateway permits itself to connect a superuser
 * (docs/adr/0035); connecting uses the permit up.
 */
const CONNECT = {
  name: 'source_connect',
  text: `WITH permitted AS MATERIALIZED (SELECT directory.permit_superuser($6, 'identification')),
    made AS MATERIALIZED (SELECT identification.connect($4, $5, $6) AS outcome FROM permitted),
    told AS (INSERT INTO flow.outbox (id, topic, body, due_at) SELECT $1, $2, $3, now() FROM made WHERE outcome = 'new')
    SELECT outcome FROM made`,
};

/** $1 user. */
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
/** $1-$3 the row of the outbox, $4 user, $5 connection. */
const REMOVE = {
  name: 'source_connection_remove',
  text: `WITH gone AS (DELETE FROM identification.connections WHERE user_id = $4 AND pk = $5 RETURNING pk)
    INSERT INTO flow.outbox (id, topic, body, due_at) SELECT $1, $2, $3, now() FROM gone`,
};

type Outcome = 'new' | 'kept' | 'taken';

/** Sources in the schema of the service that shows them. */
export class TypeormSourceBook extends SourceBook {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {
    super();
  }

  async find(slug: string): Promise<PublishedSource | undefined> {
    const { rows } = await runNamed<{ document: SealedSource }>(this.source, FIND, [slug]);
    return rows[0] && openSource(rows[0].document, new SecretBox(this.sealer));
  }

  async findConnected({ source, identifier }: SourceAccount): Promise<SavedUser | undefined> {
    return (await runNamed<SavedUser>(this.source, CONNECTED, [source, identifier])).rows[0];
  }

  async findMatching(field: 'email' | 'username', value: string): Promise<SavedUser[]> {
    return (await runNamed<SavedUser>(this.source, MATCHING[field], [value])).rows;
  }

  async connect(
    { source, identifier, name }: SourceAccount & { name: string },
    change: ConnectionChange,
  ): Promise<Outcome> {
    const context = { message: 'Linked Source', source: { uuid: source, name } };
    const given = [...this.told('source_linked', context, change), source, identifier, change.user.uuid];
    return (await runNamed<{ outcome: Outcome }>(this.source, CONNECT, given)).rows[0]!.outcome;
  }

  async count(userId: string): Promise<number> {
    return (await runNamed<{ count: number }>(this.source, COUNT, [userId])).rows[0]?.count ?? 0;
  }

  async list(userId: string, { offset, limit }: Slice): Promise<UserSourceConnection[]> {
    return (await runNamed<UserSourceConnection>(this.source, LIST, [userId, limit, offset])).rows;
  }

  async remove(pk: number, change: ConnectionChange): Promise<boolean> {
    const model = { app: 'authentik_core', model_name: 'usersourceconnection', pk };
    const given = [...this.told('model_deleted', { model }, change), change.user.uuid, pk];
    return (await runNamed(this.source, REMOVE, given)).rowCount === 1;
  }

  private told(action: string, context: object, { user, clientIp }: ConnectionChange): unknown[] {
    const row = outboxRow(
      eventMessage({ action, context: { ...context }, user, clientIp, flow: undefined }),
      this.sealer,
    );
    return [row.id, row.topic, row.body];
  }
}
