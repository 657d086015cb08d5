import { runNamed, runOnce } from '@gatehouse/platform';
import type { DataSource, EntityManager } from 'typeorm';
import { type ConsentGrant, type ConsentParties, Consents, type GrantAddition, type UpdatedGrant } from './consents.js';
import { CONSENT_SCHEMA } from './migrations/index.js';

/** Expired grants that each new one sweeps away. */
const SWEPT = 10;

/** $1 user, $2 application. */
const FIND = {
  name: 'consent_find',
  text: `
    SELECT pk, permissions FROM ${CONSENT_SCHEMA}.grants
    WHERE user_id = $1 AND application_id = $2 AND (expires IS NULL OR expires > now())`,
};

/** $1 user, $2-$4 application, $5 permissions, $6 seconds or null. What has expired is begun anew, not added to. */
const ADD = `
  INSERT INTO ${CONSENT_SCHEMA}.grants AS g
    (user_id, application_id, application_slug, application_name, permissions, expires)
  VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6::double precision))
  ON CONFLICT (user_id, application_id) DO UPDATE SET
    application_slug = excluded.application_slug, application_name = excluded.application_name,
    expires = excluded.expires, updated_at = now(),
    permissions = CASE WHEN g.expires <= now() THEN excluded.permissions ELSE
      g.permissions || ARRAY(SELECT p FROM unnest(excluded.permissions) p WHERE p <> ALL (g.permissions)) END
  RETURNING pk, permissions, xmax = 0 AS "isNew"`;

const SWEEP = `
  DELETE FROM ${CONSENT_SCHEMA}.grants WHERE pk IN (
    SELECT pk FROM ${CONSENT_SCHEMA}.grants WHERE expires < now() ORDER BY expires LIMIT ${SWEPT} FOR UPDATE SKIP LOCKED)`;

/** Grants in Postgres, one row for each user and application. */
export class TypeormConsents extends Consents {
  constructor(private readonly source: DataSource) {
    super();
  }

  async find({ user, application }: ConsentParties): Promise<ConsentGrant | undefined> {
    return (await runNamed<ConsentGrant>(this.source, FIND, [user, application.uuid])).rows[0];
  }

  add(id: string, parties: ConsentParties, addition: GrantAddition): Promise<UpdatedGrant> {
    return runOnce(this.source, { table: `${CONSENT_SCHEMA}.done`, id }, (manager) =>
      added(manager, parties, addition),
    );
  }
}

async function added(
  manager: EntityManager,
  parties: ConsentParties,
  { permissions, lifetime_s }: GrantAddition,
): Promise<UpdatedGrant> {
  const { uuid, slug, name } = parties.application;
  const [row] = await manager.query<UpdatedGrant[]>(ADD, [parties.user, uuid, slug, name, permissions, lifetime_s]);
  await manager.query(SWEEP);
  return row!;
}
