import type { DataSource, EntityManager } from 'typeorm';
import { IDENTIFICATION_SCHEMA } from './migrations/index.js';
import { type PublicSource, publicSource, type SealedSource } from './published-source.js';
import { SourceStore } from './source-store.js';

const TABLE = `${IDENTIFICATION_SCHEMA}.sources`;

/** $1 ids. */
const ENABLED = `
  SELECT document FROM ${TABLE} WHERE id = ANY ($1::uuid[]) AND (document->>'enabled')::boolean
  ORDER BY document->>'name', slug`;

/** $1 ids that stay. */
const WITHDRAW = `DELETE FROM ${TABLE} WHERE id <> ALL ($1::uuid[])`;
/** $1 documents. */
const PUBLISH = `
  INSERT INTO ${TABLE} AS before (id, slug, document)
  SELECT (d->>'uuid')::uuid, d->>'slug', d FROM jsonb_array_elements($1::jsonb) d
  ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, document = excluded.document
  WHERE before.document <> excluded.document`;

/** Sources in Postgres. */
export class TypeormSourceStore extends SourceStore {
  constructor(private readonly source: Pick<DataSource | EntityManager, 'query'>) {
    super();
  }

  async enabled(ids: readonly string[]): Promise<PublicSource[]> {
    const rows: { document: unknown }[] = await this.source.query(ENABLED, [ids]);
    return rows.map(({ document }) => publicSource.parse(document));
  }

  async publish(sources: readonly SealedSource[]): Promise<void> {
    await this.source.query(WITHDRAW, [sources.map(({ uuid }) => uuid)]);
    await this.source.query(PUBLISH, [JSON.stringify(sources)]);
  }
}
