import type { DataSource } from 'typeorm';

/**
 * Finds a version by the slug of its flow. Prefers the flow that has the slug now to flows that had it before. $1 slug,
 * $2 number of the version.
 */
const FIND = `SELECT v.id FROM flow.flow_versions v
  WHERE v.number = $2 AND v.document->'flow'->>'slug' = $1
    AND v.flow_id = (SELECT w.flow_id FROM flow.flow_versions w LEFT JOIN flow.flows f ON f.id = w.flow_id
      WHERE w.document->'flow'->>'slug' = $1 ORDER BY f.slug = $1 DESC NULLS LAST, w.number DESC LIMIT 1)`;

/** Reads flow versions, published or not. */
export class FlowVersionRepository {
  constructor(private readonly source: DataSource) {}

  /** Returns the id of a version of a flow; `undefined` if the flow has no such version. */
  async find(slug: string, number: number): Promise<string | undefined> {
    const [row] = await this.source.query<{ id: string }[]>(FIND, [slug, number]);
    return row?.id;
  }
}
