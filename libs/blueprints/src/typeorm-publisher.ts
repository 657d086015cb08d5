import type { Brand, FlowVersion, OauthClient, ProxyApplication } from '@gatehouse/plan';
import type { EntityManager } from 'typeorm';
import type { PublishedFlow } from './report.js';

/** Adds each document with a new digest as the next version of its flow. $1 flow ids, $2 documents, $3 digests. */
const ADD_NEW_VERSIONS = `
  INSERT INTO flow.flow_versions (id, flow_id, number, document, digest)
  SELECT gen_random_uuid(), e.flow_id,
    1 + coalesce((SELECT max(v.number) FROM flow.flow_versions v WHERE v.flow_id = e.flow_id), 0), e.document, e.digest
  FROM unnest($1::uuid[], $2::jsonb[], $3::bytea[]) e (flow_id, document, digest)
  ON CONFLICT (flow_id, digest) DO NOTHING`;

/**
 * Returns the versions that become current, except those that are current already. $1 flow ids, $2 digests of the
 * versions.
 */
const FIND_MOVED = `
  SELECT v.flow_id AS id, v.id AS version_id, v.number, v.document->'flow'->>'slug' AS slug,
    v.document->'flow'->>'designation' AS designation
  FROM unnest($1::uuid[], $2::bytea[]) e (flow_id, digest)
  JOIN flow.flow_versions v USING (flow_id, digest)
  LEFT JOIN flow.flows f ON f.id = v.flow_id
  WHERE f.version_id IS DISTINCT FROM v.id
  ORDER BY slug`;

/** Inserts each flow with its current version. $1 JSON list of flows with their versions. */
const SET_CURRENT_VERSION = `
  INSERT INTO flow.flows (id, slug, designation, version_id)
  SELECT id, slug, designation, version_id
  FROM jsonb_to_recordset($1::jsonb) AS m (id uuid, slug text, designation text, version_id uuid)`;

/**
 * Deletes old flow versions, except the current one and those that a plan or a mailed link continues. $1 number of
 * versions to keep of each flow.
 */
const DELETE_OLD_VERSIONS = `
  DELETE FROM flow.flow_versions v
  USING (SELECT id, row_number() OVER (PARTITION BY flow_id ORDER BY number DESC) AS age FROM flow.flow_versions) a
  WHERE a.id = v.id AND a.age > $1
    AND NOT EXISTS (SELECT FROM flow.flows f WHERE f.version_id = v.id)
    AND NOT EXISTS (SELECT FROM flow.plans p WHERE p.version_id = v.id)
    AND NOT EXISTS (SELECT FROM flow.resume_tokens t WHERE t.version_id = v.id)`;

/**
 * Saves the brands with the first flow of each designation (`f`). The revision changes only if the document changes. $1
 * JSON list of brands.
 */
const SET_BRANDS = `
  INSERT INTO flow.brand_sets AS before (revision, document)
  SELECT gen_random_uuid(), jsonb_build_object('v', 1, 'brands', $1::jsonb,
    'first', (SELECT coalesce(jsonb_object_agg(f.designation, f.slug), '{}')
              FROM (SELECT designation, min(slug) AS slug FROM flow.flows GROUP BY designation) f))
  ON CONFLICT (single) DO UPDATE SET revision = excluded.revision, document = excluded.document
  WHERE before.document <> excluded.document`;

/** SQL for the JSON list of clients $1 as rows `c`. */
const CLIENTS = `jsonb_to_recordset($1::jsonb) AS c (client_id text, application text, document jsonb)`;
/**
 * Deletes the clients that were removed or changed. Changed clients are inserted again afterwards, so that a client can
 * take over the slug or id of another client. $1 the new clients as JSON.
 */
const DROP_CLIENTS = `
  DELETE FROM flow.oauth_clients k WHERE NOT EXISTS (
    SELECT FROM ${CLIENTS} WHERE c.client_id = k.client_id AND c.document = k.document)`;
const ADD_CLIENTS = `INSERT INTO flow.oauth_clients SELECT c.* FROM ${CLIENTS} ON CONFLICT (client_id) DO NOTHING`;

/** SQL for the JSON list of sites $1 as rows `s`. */
const SITES = `jsonb_to_recordset($1::jsonb) AS s (application uuid, origin text, slug text, document jsonb)`;
/** Deletes the sites that were removed or changed, like DROP_CLIENTS. $1 the new sites as JSON. */
const DROP_SITES = `
  DELETE FROM flow.proxy_applications k WHERE NOT EXISTS (
    SELECT FROM ${SITES} WHERE s.application = k.application AND s.document = k.document)`;
const ADD_SITES = `
  INSERT INTO flow.proxy_applications (application, origin, slug, document)
  SELECT s.application, s.origin, s.slug, s.document FROM ${SITES} ON CONFLICT (application) DO NOTHING`;

interface CompiledFlow {
  readonly document: FlowVersion;
  /** SHA-256 of the document, which identifies the version. */
  readonly digest: Buffer;
}

interface MovedFlow extends PublishedFlow {
  readonly id: string;
  readonly version_id: string;
  readonly designation: string;
}

/** Publishes flow versions, brands, OAuth clients and sites behind forward auth to the schema `flow`, in the caller's transaction. */
export class TypeormPublisher {
  constructor(private readonly manager: EntityManager) {}

  /**
   * Makes each document the current version of its flow. An earlier version with the same digest is reused. Returns the
   * flows whose current version changed.
   */
  async publish(flows: readonly CompiledFlow[]): Promise<PublishedFlow[]> {
    if (flows.length === 0) return [];
    const ids = flows.map(({ document }) => document.flow.id);
    const digests = flows.map(({ digest }) => digest);
    const documents = flows.map(({ document }) => JSON.stringify(document));
    await this.manager.query(ADD_NEW_VERSIONS, [ids, documents, digests]);
    const moved: MovedFlow[] = await this.manager.query(FIND_MOVED, [ids, digests]);
    // Deletes the rows of all these flows first, because slugs are unique and a flow may take over the slug of another
    // one.
    await this.withdraw(moved.map(({ id }) => id));
    await this.manager.query(SET_CURRENT_VERSION, [JSON.stringify(moved)]);
    return moved.map(({ slug, number }) => ({ slug, number }));
  }

  /** Removes flows, so that no new plan starts on them. Running plans keep their version. */
  async withdraw(flowIds: readonly string[]): Promise<void> {
    if (flowIds.length > 0) await this.manager.query('DELETE FROM flow.flows WHERE id = ANY($1::uuid[])', [flowIds]);
  }

  /** Deletes the versions of each flow that are older than the newest `kept` ones and that nothing uses. */
  async deleteOldVersions(kept: number): Promise<void> {
    await this.manager.query(DELETE_OLD_VERSIONS, [kept]);
  }

  /** Replaces the brands and the first flow of each designation. Keeps the revision when the document is unchanged. */
  async publishBrands(brands: readonly Brand[]): Promise<void> {
    await this.manager.query(SET_BRANDS, [JSON.stringify(brands)]);
  }

  /** Replaces the OAuth clients. */
  async publishClients(clients: readonly OauthClient[]): Promise<void> {
    const rows = clients.map((document) => ({
      ...{ client_id: document.client_id, application: document.application.slug, document },
    }));
    await this.manager.query(DROP_CLIENTS, [JSON.stringify(rows)]);
    await this.manager.query(ADD_CLIENTS, [JSON.stringify(rows)]);
  }

  /** Replaces the sites behind forward auth. */
  async publishProxyApplications(sites: readonly ProxyApplication[]): Promise<void> {
    const rows = sites.map((document) => {
      const { origin, application } = document;
      return { application: application.uuid, origin, slug: application.slug, document };
    });
    await this.manager.query(DROP_SITES, [JSON.stringify(rows)]);
    await this.manager.query(ADD_SITES, [JSON.stringify(rows)]);
  }
}
