import type { DataSource } from 'typeorm';
import { withinTime } from './statement-time.js';

/** How many plans of a flow were answered and have ended, and how many of these were finished. */
export interface FlowCompletion {
  readonly ended: number;
  readonly done: number;
}

/** Counts the journey records by flow. $1 earliest time of the plan's end. */
const COUNT = `
  SELECT f.slug, count(*)::float8 AS ended, count(*) FILTER (WHERE j.outcome = 'done')::float8 AS done
  FROM flow.journeys j JOIN flow.flows f ON f.id = j.flow_id
  WHERE j.ended_at >= $1 GROUP BY f.slug`;

/** Counts how many answered plans of each flow were finished (docs/spec/journeys.md#completion). */
export class CompletionRepository {
  /** `timeoutMs` is the time limit of the statement, in milliseconds. */
  constructor(
    private readonly source: DataSource,
    private readonly timeoutMs: number,
  ) {}

  /** Returns the counts for the plans that ended since this time, by slug of the flow. Throws FunnelTimeoutError. */
  async find(since: Date): Promise<ReadonlyMap<string, FlowCompletion>> {
    const rows = await withinTime(this.source, this.timeoutMs, (manager) =>
      manager.query<(FlowCompletion & { readonly slug: string })[]>(COUNT, [since]),
    );
    return new Map(rows.map(({ slug, ended, done }) => [slug, { ended, done }]));
  }
}
