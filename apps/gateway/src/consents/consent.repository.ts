import { eventMessage, outboxRow } from '@gatehouse/outbox';
import { runNamed, type Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { perUserStatement } from '../http/per-user-statement.js';
import type { Slice } from '../sessions/sessions.js';
import { type ConsentRecord, Consents, type ConsentUser, type Revocation } from './consents.js';

/** What holds, of users who are there. */
const LIVE = `
  FROM consent.grants g JOIN directory.identities u ON u.id = g.user_id
  WHERE (g.expires IS NULL OR g.expires > now())`;
const LISTED = `
  SELECT g.pk, g.permissions, g.expires, g.application_id, g.application_slug, g.application_name,
    jsonb_build_object('pk', u.pk, 'uuid', u.id, 'username', u.username, 'name', u.name, 'email', u.email,
      'is_active', u.is_active, 'is_superuser', u.is_superuser, 'type', u.type) AS user`;

const COUNT = perUserStatement(
  'consent_count',
  'g.user_id',
  (owner) => `SELECT count(*)::int AS count ${LIVE} AND ${owner}`,
);
const LIST = perUserStatement(
  'consent_list',
  'g.user_id',
  (owner) => `${LISTED} ${LIVE} AND ${owner} ORDER BY g.application_name, g.pk LIMIT $2 OFFSET $3`,
);
const FIND = perUserStatement('consent_listed', 'g.user_id', (owner) => `${LISTED} ${LIVE} AND ${owner} AND g.pk = $2`);
/** What devices were given by the consent goes with it. $1 consent, $2 its user, $3-$5 the row of the outbox. */
const REMOVE = {
  name: 'consent_remove',
  text: `WITH gone AS (DELETE FROM consent.grants WHERE pk = $1 AND user_id = $2 RETURNING pk, application_id),
         tokens AS (DELETE FROM consent.access_tokens t USING gone
           WHERE t.user_id = $2 AND t.application_id = gone.application_id)
         INSERT INTO flow.outbox (id, topic, body, due_at) SELECT $3, $4, $5, now() FROM gone`,
};

interface Row {
  readonly pk: number;
  readonly permissions: string[];
  readonly expires: Date | null;
  readonly application_id: string;
  readonly application_slug: string;
  readonly application_name: string;
  readonly user: ConsentUser;
}

/** What users have allowed applications, in the schema of the service that asked them. */
export class TypeormConsents extends Consents {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {
    super();
  }

  async count(ofUser: string | undefined): Promise<number> {
    const { rows } = await runNamed<{ count: number }>(this.source, COUNT(ofUser), [ofUser ?? null]);
    return rows[0]?.count ?? 0;
  }

  async list(ofUser: string | undefined, { offset, limit }: Slice): Promise<ConsentRecord[]> {
    return (await runNamed<Row>(this.source, LIST(ofUser), [ofUser ?? null, limit, offset])).rows.map(consentOf);
  }

  async find(pk: number, ofUser: string | undefined): Promise<ConsentRecord | undefined> {
    return (await runNamed<Row>(this.source, FIND(ofUser), [ofUser ?? null, pk])).rows.map(consentOf)[0];
  }

  async remove({ pk, user, application, permissions }: ConsentRecord, { by, clientIp }: Revocation): Promise<boolean> {
    const model = { app: 'authentik_stages_consent', model_name: 'userconsent', pk, name: application.name };
    const context = { model, application: application.slug, permissions: [...permissions], of: user.username };
    const event = eventMessage({ action: 'model_deleted', context, user: by, clientIp, flow: undefined });
    const row = outboxRow(event, this.sealer);
    const given = [pk, user.uuid, row.id, row.topic, row.body];
    return (await runNamed(this.source, REMOVE, given)).rowCount === 1;
  }
}

const consentOf = (row: Row): ConsentRecord => ({
  pk: row.pk,
  permissions: row.permissions,
  expires: row.expires ?? undefined,
  application: { uuid: row.application_id, slug: row.application_slug, name: row.application_name },
  user: row.user,
});
