import { CompletionRepository, FunnelTimeoutError } from '@gatehouse/executor-postgres';
import { runNamed } from '@gatehouse/platform';
import type { FlowListPageData, ListedFlow } from '@gatehouse/web';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

const DAY_MS = 86_400_000;

/**
 * Lists published flows, each with the number of drafts that are newer than its current version. $1 slug, or null for
 * all flows.
 */
const LIST = {
  name: 'flow_page_list',
  text: `
    SELECT f.slug, f.designation, v.document#>>'{flow,title}' AS title, v.number AS version,
      (SELECT count(*)::int FROM flow.flow_versions d
       WHERE d.flow_id = f.id AND d.is_draft AND d.number > v.number AND d.id IS DISTINCT FROM f.candidate_id) AS drafts,
      CASE WHEN c.id IS NOT NULL THEN
        jsonb_build_object('version', c.number, 'percent', coalesce(f.candidate_share, 0) / 100.0) END AS candidate
    FROM flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id
    LEFT JOIN flow.flow_versions c ON c.id = f.candidate_id
    WHERE $1::text IS NULL OR f.slug = $1 ORDER BY f.slug`,
};

/** Reads the published flows for the pages of administrators. */
@Injectable()
export class FlowListRepository {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(CompletionRepository) private readonly completions: CompletionRepository,
  ) {}

  /** Returns all published flows, sorted by slug. */
  async list(): Promise<ListedFlow[]> {
    return (await runNamed<ListedFlow>(this.source, LIST, [null])).rows;
  }

  /**
   * Returns for each flow, by slug, how many of the answered plans of the last day were finished; `undefined` if
   * counting took too long.
   */
  async completionsOfDay(): Promise<FlowListPageData['completions']> {
    try {
      return Object.fromEntries(await this.completions.find(new Date(Date.now() - DAY_MS)));
    } catch (error) {
      if (error instanceof FunnelTimeoutError) return undefined;
      throw error;
    }
  }

  async find(slug: string): Promise<ListedFlow | undefined> {
    return (await runNamed<ListedFlow>(this.source, LIST, [slug])).rows[0];
  }
}
