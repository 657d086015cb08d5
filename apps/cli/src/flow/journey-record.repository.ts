import type { JourneyStep } from '@gatehouse/executor';
import { type FlowVersion, flowVersion } from '@gatehouse/plan';
import type { DataSource } from 'typeorm';
import type { TracedRecord, TraceEntry } from './flow-trace.js';
import { begunEntry } from './trace-entries.js';

/**
 * Finds the record of a plan. $1 id of the plan, $2 time at which it began. `plan_id` has no index, so the limits of
 * `ended_at` exclude the partitions of other days. A plan rarely runs for more than hours. The range starts one hour
 * before $2, to allow for clock skew.
 */
const FIND_RECORD = `
  SELECT j.outcome, j.reason, j.ended_at AS "endedAt", j.steps, f.slug, v.document
  FROM flow.journeys j
  LEFT JOIN flow.flows f ON f.id = j.flow_id
  LEFT JOIN flow.flow_versions v ON v.id = j.version_id
  WHERE j.plan_id = $1 AND j.ended_at >= $2::timestamptz - interval '1 hour'
    AND j.ended_at < $2::timestamptz + interval '2 days'`;

interface RecordRow {
  readonly outcome: string;
  readonly reason: string | null;
  readonly endedAt: Date;
  readonly steps: readonly JourneyStep[];
  readonly slug: string | null;
  readonly document: unknown;
}

/** The journey record of a plan, and its steps in chronological order. */
export interface FoundRecord {
  readonly record: TracedRecord;
  readonly entries: readonly TraceEntry[];
}

/** Reads what is recorded about ended plans (docs/spec/journeys.md). */
export class JourneyRecordRepository {
  constructor(private readonly source: DataSource) {}

  /** Returns the record of a plan. `undefined` if the plan has not ended, or the visitor answered nothing. */
  async find(plan: string): Promise<FoundRecord | undefined> {
    const begun = begunEntry(plan);
    // The id of a plan is a UUIDv7, which begins with its time. Another UUID may yield a year that Postgres rejects.
    if (!/^\d{4}-/.test(begun.at)) return undefined;
    const [row] = await this.source.query<RecordRow[]>(FIND_RECORD, [plan, begun.at]);
    if (!row) return undefined;
    const { outcome, reason, endedAt, slug: flow } = row;
    const record = { flow, outcome, reason, endedAt: endedAt.toISOString() };
    return { record, entries: [begun, ...stepEntries(row, Date.parse(begun.at))] };
  }
}

/**
 * Returns the steps with the times at which they ended. `ms` of a step counts from the end of the step before it. The
 * step at which the visitor gave up has no `ms`, and its time is that at which the plan ended.
 */
function stepEntries({ steps, endedAt, document }: RecordRow, begunAt: number): TraceEntry[] {
  const version = flowVersion.safeParse(document).data;
  let at = begunAt;
  return steps.map((step) => {
    at = step.ms === null ? endedAt.getTime() : at + step.ms;
    const what = `${nameOf(step, version)}: ${step.outcome}`;
    return { at: new Date(at).toISOString(), kind: 'step', what, details: {} };
  });
}

function nameOf({ step, kind, stage }: JourneyStep, version: FlowVersion | undefined): string {
  const found = version?.steps.find(({ id }) => id === step)?.stage ?? version?.attached[stage ?? ''];
  return `${found?.name ?? `step ${step}`}${kind === undefined ? '' : ` (${kind})`}`;
}
