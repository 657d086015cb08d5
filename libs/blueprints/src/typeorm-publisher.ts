import type { Brand, OauthClient, ProxyApplication } from '@gatehouse/plan';
import type { EntityManager } from 'typeorm';

/** SQL for the slug of the first flow of each designation. */
const FIRST_FLOWS = `(SELECT coalesce(jsonb_object_agg(f.designation, f.slug), '{}')
              FROM (SELECT designation, min(slug) AS slug FROM flow.flows GROUP BY designation) f)`;

/**
 * Saves the brands with the first flow of each designation (`f`). The revision changes only if the document changes. $1
 * JSON list of brands.
 */
const SET_BRANDS = `
  INSERT INTO flow.brand_sets AS before (revision, document)
  SELECT gen_random_uuid(), jsonb_build_object('v', 1, 'brands', $1::jsonb,
    'first', ${FIRST_FLOWS})
  ON CONFLICT (single) DO UPDATE SET revision = excluded.revision, document = excluded.document
  WHERE before.document <> excluded.document`;

const SET_FIRST_FLOWS = `
  UPDATE flow.brand_sets SET revision = gen_random_uuid(), document = jsonb_set(document, '{first}', ${FIRST_FLOWS})
  WHERE document->'first' <> ${FIRST_FLOWS}`;

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

/** Publishes brands, OAuth clients and sites behind forward auth to the schema `flow`, in the caller's transaction. */
export class TypeormPublisher {
  constructor(private readonly manager: EntityManager) {}

  /** Replaces the brands and the first flow of each designation. Keeps the revision when the document is unchanged. */
  async publishBrands(brands: readonly Brand[]): Promise<void> {
    await this.manager.query(SET_BRANDS, [JSON.stringify(brands)]);
  }

  /** Computes the first flow of each designation again, after a change of a flow's slug or designation. */
  async publishFirstFlows(): Promise<void> {
    await this.manager.query(SET_FIRST_FLOWS);
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
