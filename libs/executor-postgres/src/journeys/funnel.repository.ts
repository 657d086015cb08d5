import type { DataSource } from 'typeorm';
import { COUNT_PLANS, COUNT_STEPS, FIND_FLOW } from './funnel.statements.js';
import { withinTime } from './statement-time.js';

/** Largest number of flow versions in a funnel. The oldest versions are left out. */
const MAX_VERSIONS = 50;
/** Largest number of steps in a funnel, over all its versions. */
const MAX_STEPS = 1000;
const HOUR_MS = 3_600_000;

/** How many plans reached a step of a flow version, and how they left it. */
export interface FunnelStep {
  /** Id of the step's binding. An id with a `~` names a step that a stage or policy has inserted after that binding. */
  readonly step: string;
  /** Name of the step's stage; null for an inserted step, or if the version was deleted. */
  readonly name: string | null;
  readonly kind: string | null;
  readonly stage: string | null;
  readonly reached: number;
  readonly passed: number;
  /** Number of plans with at least one refused answer at this step. */
  readonly rejected: number;
  readonly denied: number;
  /** Number of plans that were abandoned or expired at this step. */
  readonly abandoned: number;
  /** Median time in milliseconds that the plans which passed the step took, including refused answers. */
  readonly medianMs: number | null;
}

/** How the plans of one flow version ended. */
export interface FunnelVersion {
  readonly versionId: string;
  /** Number of the version; null if the version was deleted before its plans ended. */
  readonly version: number | null;
  readonly begun: number;
  /** Number of plans that were only counted and have no journey record. No step includes them. */
  readonly counted: number;
  readonly done: number;
  /** Number of finished plans whose session had a user at the end. */
  readonly loggedIn: number;
  readonly denied: number;
  readonly abandoned: number;
  readonly expired: number;
  readonly steps: readonly FunnelStep[];
}

/** How the plans of a flow ended in a period, by version, the newest first. */
export interface Funnel {
  readonly since: Date;
  readonly versions: readonly FunnelVersion[];
}

/** Selects the plans of a funnel. */
export interface FunnelQuery {
  readonly slug: string;
  /** Only plans that have ended since this time count. It is rounded down to the hour. */
  readonly since: Date;
  readonly version?: number | undefined;
}

type StepRow = FunnelStep & { readonly versionId: string };

/** Makes funnels from journey records and counts (docs/spec/journeys.md#funnel). */
export class FunnelRepository {
  /** `timeoutMs` is the time limit of each statement, in milliseconds. */
  constructor(
    private readonly source: DataSource,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Returns the funnel of a flow. Returns `unknown_flow` if no flow has this slug, and `unknown_version` if the flow
   * has no version with this number and no plans of such a version are recorded. Throws FunnelTimeoutError.
   */
  async find({ slug, since, version }: FunnelQuery): Promise<Funnel | 'unknown_flow' | 'unknown_version'> {
    const [flow] = await this.source.query<{ id: string; hasVersion: boolean }[]>(FIND_FLOW, [slug, version ?? null]);
    if (!flow) return 'unknown_flow';
    const hour = new Date(Math.floor(since.getTime() / HOUR_MS) * HOUR_MS);
    const versions = await this.count(flow.id, hour, version);
    return versions.length === 0 && !flow.hasVersion ? 'unknown_version' : { since: hour, versions };
  }

  /** Runs both statements in one snapshot, so that the numbers of the steps agree with the totals. */
  private async count(flowId: string, since: Date, version: number | undefined): Promise<FunnelVersion[]> {
    return withinTime(this.source, this.timeoutMs, async (manager) => {
      const plans = await manager.query<Omit<FunnelVersion, 'steps'>[]>(COUNT_PLANS, [
        ...[flowId, since, version ?? null, MAX_VERSIONS],
      ]);
      const ids = plans.map(({ versionId }) => versionId);
      const rows = await manager.query<StepRow[]>(COUNT_STEPS, [flowId, since, ids, MAX_STEPS]);
      const stepsOf = (id: string) => rows.filter(({ versionId }) => versionId === id).map(toStep);
      return plans.map((row) => ({ ...row, steps: stepsOf(row.versionId) }));
    });
  }
}

function toStep({
  step,
  name,
  kind,
  stage,
  reached,
  passed,
  rejected,
  denied,
  abandoned,
  medianMs,
}: StepRow): FunnelStep {
  const isInserted = step.includes('~');
  return { step, name: isInserted ? null : name, kind, stage, reached, passed, rejected, denied, abandoned, medianMs };
}
