import { runNamed, runOnce } from '@gatehouse/platform';
import type { DataSource, EntityManager } from 'typeorm';
import { CONSENT_SCHEMA } from './migrations/index.js';

/** The user who consents, and the application. */
export interface ConsentParties {
  readonly user: string;
  readonly application: { readonly uuid: string; readonly slug: string; readonly name: string };
}

/** The permissions that a user has granted to an application. */
export interface ConsentGrant {
  readonly pk: number;
  readonly permissions: readonly string[];
}

/** Permissions to add to the permissions that a user has granted. */
export interface GrantAddition {
  readonly permissions: readonly string[];
  /** Lifetime of the whole grant in seconds, or `null` if it never expires. */
  readonly lifetime_s: number | null;
}

/** A grant, after permissions were added to it. */
export interface UpdatedGrant extends ConsentGrant {
  /** Whether the addition has created the grant. */
  readonly isNew: boolean;
}

/** Number of expired grants that each insert deletes at most. */
const DELETED_PER_INSERT = 10;

/** Finds a valid grant. $1 user uuid, $2 application uuid. */
const FIND = {
  name: 'consent_find',
  text: `
    SELECT pk, permissions FROM ${CONSENT_SCHEMA}.grants
    WHERE user_id = $1 AND application_id = $2 AND (expires IS NULL OR expires > now())`,
};

/**
 * Adds permissions to a grant. $1 user uuid, $2 application uuid, $3 its slug, $4 its name, $5 permission ids, $6
 * lifetime in seconds, or null for no expiry, $7 largest number of permissions, which $5 does not exceed. Replaces the
 * permissions of an expired grant. The added permissions come last, so that the oldest permissions are forgotten first.
 */
const ADD = `
  INSERT INTO ${CONSENT_SCHEMA}.grants AS g
    (user_id, application_id, application_slug, application_name, permissions, expires)
  VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6::double precision))
  ON CONFLICT (user_id, application_id) DO UPDATE SET
    application_slug = excluded.application_slug, application_name = excluded.application_name,
    expires = excluded.expires, updated_at = now(),
    permissions = CASE WHEN g.expires <= now() THEN excluded.permissions ELSE ARRAY(
      SELECT p FROM (
        SELECT p, place FROM unnest(g.permissions) WITH ORDINALITY AS before(p, place)
        WHERE p <> ALL (excluded.permissions) ORDER BY place DESC LIMIT $7::int - cardinality(excluded.permissions)
      ) AS newest ORDER BY place) || excluded.permissions END
  RETURNING pk, permissions, xmax = 0 AS "isNew"`;

/** Finds the addition of an earlier try of a request. $1 id of the request. */
const HAS_ADDED = { name: 'consent_added', text: `SELECT id FROM ${CONSENT_SCHEMA}.done WHERE id = $1` };

const DELETE_EXPIRED = `
  DELETE FROM ${CONSENT_SCHEMA}.grants WHERE pk IN (
    SELECT pk FROM ${CONSENT_SCHEMA}.grants WHERE expires < now() ORDER BY expires LIMIT ${DELETED_PER_INSERT} FOR UPDATE SKIP LOCKED)`;

/** Stores consent, one row for each user and application. Never returns an expired grant. */
export class ConsentGrantRepository {
  /** `maxPermissions` limits the permissions of a grant. */
  constructor(
    private readonly source: DataSource,
    private readonly maxPermissions: number,
  ) {}

  /** Returns the valid grant of a user for an application, if there is one. */
  async find({ user, application }: ConsentParties): Promise<ConsentGrant | undefined> {
    return (await runNamed<ConsentGrant>(this.source, FIND, [user, application.uuid])).rows[0];
  }

  /** Returns whether the request `id` has added permissions to a grant. */
  async hasAdded(id: string): Promise<boolean> {
    return (await runNamed(this.source, HAS_ADDED, [id])).rowCount === 1;
  }

  /**
   * Adds permissions to a valid grant, or creates the grant. Above the limit the oldest permissions are removed.
   * Idempotent for each request `id`.
   */
  add(id: string, parties: ConsentParties, addition: GrantAddition): Promise<UpdatedGrant> {
    return runOnce(this.source, { table: `${CONSENT_SCHEMA}.done`, id }, (manager) =>
      addPermissions(manager, parties, { ...addition, max: this.maxPermissions }),
    );
  }
}

async function addPermissions(
  manager: EntityManager,
  parties: ConsentParties,
  { permissions, lifetime_s, max }: GrantAddition & { readonly max: number },
): Promise<UpdatedGrant> {
  const { uuid, slug, name } = parties.application;
  const values = [parties.user, uuid, slug, name, permissions.slice(-max), lifetime_s, max];
  const [row] = await manager.query<UpdatedGrant[]>(ADD, values);
  await manager.query(DELETE_EXPIRED);
  return row!;
}
