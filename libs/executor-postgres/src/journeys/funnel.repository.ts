import type { DataSource } from 'typeorm';
import { COUNT_PLANS, COUNT_STEPS, FIND_FLOW } from './funnel.statements.js';
import { withinTime } from './statement-time.js';

/** Largest number of versions in a funnel. Older versions are left out. */
const MAX_VERSIONS = 50;
/** Largest number of steps in a funnel, of all versions together. */
const MAX_STEPS = 1000;
const HOUR_MS = 3_600_000;

/** How many plans reached a step of a flow version, and how they left it. */
export interface FunnelStep {
  /** Id of the binding, or with a `~` of a step that a stage has inserted behind it. */
  readonly step: string;
  /** Name of the stage; null for an inserted step, and if the version was deleted. */
  readonly name: string | null;
  readonly kind: string | null;
  readonly stage: string | null;
  readonly reached: number;
  readonly passed: number;
  /** Plans with at least one refused answer at the step. */
  readonly rejected: number;
  readonly denied: number;
  /** Plans that were abandoned or expired at the step. */
  readonly abandoned: number;
  /** Median time of the plans that passed the step, with refused answers, in milliseconds. */
  readonly medianMs: number | null;
}

/** How the plans of one flow version ended. */
export interface FunnelVersion {
  readonly versionId: string;
  /** Number of the version; null if the version was deleted before its plans ended. */
  readonly version: number | null;
  readonly begun: number;
  /** Plans that were counted without a record, so that they are in no step. */
  readonly counted: number;
  readonly done: number;
  /** Finished plans whose visitor was logged in at the end. */
  readonly loggedIn: number;
  readonly denied: number;
  readonly abandoned: number;
  readonly expired: number;
  readonly steps: readonly FunnelStep[];
}

/** How the plans of a flow ended since a time, the newest version first. */
export interface Funnel {
  readonly since: Date;
  readonly versions: readonly FunnelVersion[];
}

/** Which plans a funnel counts. */
export interface FunnelQuery {
  readonly slug: string;
  /** Counts plans that have ended since this time, rounded down to the hour. */
  readonly since: Date;
  readonly version?: number | undefined;
}

type StepRow = FunnelStep & { readonly versionId: string };

/** Makes funnels from the records of ended plans (docs/spec/journeys.md#funnel). */
export class FunnelRepository {
  /** `timeoutMs` limits the time of each statement. */
  constructor(
    private readonly source: DataSource,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Returns the funnel of a flow; `unknown_flow` or `unknown_version` if there is none, nor a record of the version.
   * Throws FunnelTimeoutError.
   */
  async find({ slug, since, version }: FunnelQuery): Promise<Funnel | 'unknown_flow' | 'unknown_version'> {
    const [flow] = await this.source.query<{ id: string; hasVersion: boolean }[]>(FIND_FLOW, [slug, version ?? null]);
    if (!flow) return 'unknown_flow';
    const hour = new Date(Math.floor(since.getTime() / HOUR_MS) * HOUR_MS);
    const versions = await this.count(flow.id, hour, version);
    return versions.length === 0 && !flow.hasVersion ? 'unknown_version' : { since: hour, versions };
  }

  /** Counts in one snapshot, so that the steps agree with the totals. */
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
