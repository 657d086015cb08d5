import { type FlowVersion, flowVersion, type RecordedVerdict } from '@gatehouse/plan';
import type { RecordedStep } from '@gatehouse/simulation';
import type { DataSource } from 'typeorm';

/** Largest number of records of a page. */
const PAGE_ROWS = 10_000;

/** Smallest UUID: with it, the first page begins at the first record that ended at $2 or later. */
const FIRST_PLAN = '00000000-0000-0000-0000-000000000000';

/**
 * Groups the equal records of the next page. $1 flow, $2 and $3 end time and plan of the last record of the previous
 * page, $4 largest number of records. Times are text, because a `Date` has no microseconds.
 */
const NEXT_PAGE = `
  WITH page AS MATERIALIZED (
    SELECT plan_id, ended_at, version_id, outcome, logged_in, steps, verdicts FROM flow.journeys
    WHERE flow_id = $1 AND ended_at >= $2::timestamptz AND (ended_at, plan_id) > ($2::timestamptz, $3::uuid)
    ORDER BY ended_at, plan_id LIMIT $4
  ), last AS (SELECT ended_at, plan_id FROM page ORDER BY ended_at DESC, plan_id DESC LIMIT 1)
  SELECT g.*, last.ended_at::text AS "endedAt", last.plan_id AS "planId"
  FROM (
    SELECT version_id AS "versionId", outcome, logged_in AS "loggedIn", verdicts, s.steps, count(*)::int AS plans
    FROM page, LATERAL (SELECT coalesce(jsonb_agg(e - 'ms'), '[]') AS steps FROM jsonb_array_elements(page.steps) e) s
    GROUP BY 1, 2, 3, 4, 5) g, last`;

/** Records of a page that are equal except for their times. */
export interface RecordedGroup {
  readonly versionId: string;
  readonly outcome: string;
  readonly loggedIn: boolean;
  readonly steps: readonly RecordedStep[];
  readonly verdicts: Readonly<Record<string, RecordedVerdict>>;
  readonly plans: number;
}

type PageRow = RecordedGroup & { readonly endedAt: string; readonly planId: string };

/** Reads records of ended plans page by page, each in a statement of its own, so that no long transaction is open. */
export class RecordedRunRepository {
  constructor(
    private readonly source: DataSource,
    private readonly pageRows = PAGE_ROWS,
  ) {}

  /** Yields the groups of equal records of each page. */
  async *read(flowId: string, since: Date): AsyncGenerator<readonly RecordedGroup[]> {
    let [endedAt, planId] = [since.toISOString(), FIRST_PLAN];
    for (;;) {
      const rows = await this.source.query<PageRow[]>(NEXT_PAGE, [flowId, endedAt, planId, this.pageRows]);
      const [first] = rows;
      if (!first) return;
      yield rows;
      [endedAt, planId] = [first.endedAt, first.planId];
    }
  }

  /** Returns a flow version; `undefined` if it was deleted, or has an unknown format. */
  async findVersion(id: string): Promise<FlowVersion | undefined> {
    const [row] = await this.source.query<{ document: unknown }[]>(
      'SELECT document FROM flow.flow_versions WHERE id = $1',
      [id],
    );
    return row && flowVersion.safeParse(row.document).data;
  }

  /** Returns the id of a flow. */
  async findFlow(slug: string): Promise<string | undefined> {
    const [row] = await this.source.query<{ id: string }[]>('SELECT id FROM flow.flows WHERE slug = $1', [slug]);
    return row?.id;
  }
}
