import type { DataSource, EntityManager } from 'typeorm';
import { IDENTIFICATION_SCHEMA } from './migrations/index.js';
import { type PublicSource, publicSource, type SealedSource } from './published-source.js';

const TABLE = `${IDENTIFICATION_SCHEMA}.sources`;

/** Finds the enabled sources among $1 (ids). */
const FIND_ENABLED = `
  SELECT document FROM ${TABLE} WHERE id = ANY ($1::uuid[]) AND (document->>'enabled')::boolean
  ORDER BY document->>'name', slug`;

/** Deletes all sources except those in $1 (ids). */
const DELETE_OTHERS = `DELETE FROM ${TABLE} WHERE id <> ALL ($1::uuid[])`;
/**
 * Stores sources. Writes only documents that differ from the stored ones. $1 JSON array of the documents of all
 * sources.
 */
const UPSERT = `
  INSERT INTO ${TABLE} AS before (id, slug, document)
  SELECT (d->>'uuid')::uuid, d->>'slug', d FROM jsonb_array_elements($1::jsonb) d
  ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, document = excluded.document
  WHERE before.document <> excluded.document`;

/**
 * Stores the current sources. Flow versions contain only the ids of sources, so that disabling a source takes effect at
 * once in all flow versions.
 */
export class PublishedSourceRepository {
  constructor(private readonly database: Pick<DataSource | EntityManager, 'query'>) {}

  /** Returns the enabled sources among these ids, ordered by name. */
  async findEnabled(ids: readonly string[]): Promise<PublicSource[]> {
    const rows: { document: unknown }[] = await this.database.query(FIND_ENABLED, [ids]);
    return rows.map(({ document }) => publicSource.parse(document));
  }

  /** Stores these sources, and deletes all other sources with their connections. */
  async replaceAll(sources: readonly SealedSource[]): Promise<void> {
    await this.database.query(DELETE_OTHERS, [sources.map(({ uuid }) => uuid)]);
    await this.database.query(UPSERT, [JSON.stringify(sources)]);
  }
}
