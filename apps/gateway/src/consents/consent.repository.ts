import { toSavedUser } from '@gatehouse/executor';
import { eventMessage, insertOutboxRow, outboxParameters, outboxRow } from '@gatehouse/outbox';
import { runNamed, Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RequestFacts } from '../http/event-facts.reader.js';
import type { Slice } from '../http/pagination.js';
import { perUserStatement } from '../users/user.repository.js';

/** The consent that a user gave to an application. */
export interface ConsentRecord {
  readonly pk: number;
  readonly permissions: readonly string[];
  /** Undefined if the consent does not expire. */
  readonly expires: Date | undefined;
  readonly application: { readonly uuid: string; readonly slug: string; readonly name: string };
  readonly user: ConsentUser;
}

/** The user who gave a consent. */
export interface ConsentUser {
  readonly pk: number;
  readonly uuid: string;
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly is_active: boolean;
  readonly is_superuser: boolean;
  readonly type: string;
  readonly epoch: number;
  readonly locale: string;
}

/** Unexpired consents of existing users. */
const LIVE = `
  FROM consent.grants g JOIN directory.identities u ON u.id = g.user_id
  WHERE (g.expires IS NULL OR g.expires > now())`;
/** Columns of a consent in a list, with its user as an object. */
const LISTED = `
  SELECT g.pk, g.permissions, g.expires, g.application_id, g.application_slug, g.application_name,
    jsonb_build_object('pk', u.pk, 'uuid', u.id, 'username', u.username, 'name', u.name, 'email', u.email,
      'is_active', u.is_active, 'is_superuser', u.is_superuser, 'type', u.type, 'epoch', u.epoch, 'locale', u.locale) AS user`;

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
/**
 * Deletes a consent, and the authorization codes and the approved device codes that the user has granted to the same
 * application, and writes the audit event. Waits for exchanges of these codes. $1 pk of the consent, $2 uuid of the user,
 * $3-$6 outbox row.
 */
const REMOVE = `
  WITH gone AS (DELETE FROM consent.grants WHERE pk = $1 AND user_id = $2 RETURNING application_id),
    codes AS (DELETE FROM consent.authorization_requests r USING gone
      WHERE r.user_id = $2 AND r.application_id = gone.application_id),
    devices AS (DELETE FROM consent.device_codes d USING gone
      WHERE d.claimed_by = $2 AND d.application_id = gone.application_id AND d.approved_epoch IS NOT NULL),
    event AS (${insertOutboxRow('gone', 3)})
  SELECT application_id FROM gone`;
/**
 * Deletes the access tokens of a user for an application. A statement of its own after REMOVE, so that it sees the tokens
 * of the exchanges that REMOVE has waited for. $1 uuid of the user, $2 uuid of the application.
 */
const REMOVE_TOKENS = 'DELETE FROM consent.access_tokens WHERE user_id = $1 AND application_id = $2';

interface Row {
  readonly pk: number;
  readonly permissions: string[];
  readonly expires: Date | null;
  readonly application_id: string;
  readonly application_slug: string;
  readonly application_name: string;
  readonly user: ConsentUser;
}

/**
 * Lists and revokes unexpired consents in the schema of the consent service. `userId` restricts a method to the
 * consents of one user; undefined means all users.
 */
@Injectable()
export class ConsentRepository {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(Sealer) private readonly sealer: Sealer,
  ) {}

  async count(userId: string | undefined): Promise<number> {
    const { rows } = await runNamed<{ count: number }>(this.source, COUNT(userId), [userId ?? null]);
    return rows[0]?.count ?? 0;
  }

  /** Returns consents, sorted by application. */
  async list(userId: string | undefined, { offset, limit }: Slice): Promise<ConsentRecord[]> {
    return (await runNamed<Row>(this.source, LIST(userId), [userId ?? null, limit, offset])).rows.map(toConsent);
  }

  async find(pk: number, userId: string | undefined): Promise<ConsentRecord | undefined> {
    return (await runNamed<Row>(this.source, FIND(userId), [userId ?? null, pk])).rows.map(toConsent)[0];
  }

  /**
   * Revokes a consent with its codes and tokens, including tokens of concurrent code exchanges, and writes an audit
   * event about its user. Returns false if there is no such consent.
   */
  async remove(consent: ConsentRecord, facts: RequestFacts): Promise<boolean> {
    const { pk, user, application, permissions } = consent;
    const model = { app: 'authentik_stages_consent', model_name: 'userconsent', pk, name: application.name };
    const context = { model, application: application.slug, permissions: [...permissions], of: user.username };
    const event = eventMessage(
      { action: 'model_deleted', context },
      { ...facts, user: toSavedUser({ ...user, kind: 'saved' }) },
    );
    const values = [pk, user.uuid, ...outboxParameters(outboxRow(event, this.sealer))];
    return this.source.transaction(async (manager) => {
      const [removed] = await manager.query<{ application_id: string }[]>(REMOVE, values);
      if (removed) await manager.query(REMOVE_TOKENS, [user.uuid, removed.application_id]);
      return removed !== undefined;
    });
  }
}

const toConsent = (row: Row): ConsentRecord => ({
  pk: row.pk,
  permissions: row.permissions,
  expires: row.expires ?? undefined,
  application: { uuid: row.application_id, slug: row.application_slug, name: row.application_name },
  user: row.user,
});
