import { randomUUID } from 'node:crypto';
import { type JourneyStep, journeyOf, MAX_TRAIL_ENTRIES } from '@gatehouse/executor';
import { INSERT_OUTBOX_ROWS, outboxColumns, outboxRow } from '@gatehouse/outbox';
import type { Plan } from '@gatehouse/plan';
import { runNamed, type Sealer, UnknownSealKeyError } from '@gatehouse/platform';
import type { DataSource, EntityManager } from 'typeorm';
import { RELEASE_LEASE, TAKE_LEASE } from '../cleanup.statements.js';
import { interval } from '../commit-effects.js';
import { openPlan, planSealId } from '../plan.rows.js';
import { addJourneys } from './add-journeys.js';
import { flowEndedMessage, type RecordedEnd } from './journey.events.js';
import type { JourneySettings } from './journey.settings.js';
import {
  ADD_COUNTS,
  DELETE_OLD_COUNTS,
  JOURNEYS_SIZE,
  type JourneyRow,
  KEEP_PARTITIONS,
  TAKE_UNRECORDED,
  type UnrecordedPlan,
} from './journey.statements.js';
import { StageFinder } from './stage-finder.js';

const LEASE = 'journeys';

/** Seconds until another gateway takes over the recording if this gateway crashes. */
const LEASE_S = 30;

const BYTES_PER_MB = 1024 * 1024;

export interface RecorderSettings {
  readonly journeys: JourneySettings;
  /** Seconds for which journey records and counts are kept. */
  readonly keptS: number;
  /** Total size of the journey records, in megabytes, from which ended plans are only counted. */
  readonly maxMb: number;
  /** Largest number of networks that are counted separately, for each flow, version, hour and outcome. */
  readonly networksMax: number;
  /** Largest number of plans that one transaction records. */
  readonly batchRows: number;
  /** Called when the journey records reach `maxMb`, and when they are below it again. */
  readonly onFull?: (isFull: boolean, megabytes: number) => void;
}

/**
 * Takes plans that ended without a save, that is, abandoned and expired ones, from their queue, and records or counts
 * them (docs/spec/journeys.md). A plan is taken from the queue in the transaction that records it, so it is recorded
 * exactly once, even after a crash. Also creates and drops the partitions of the journey records.
 */
export class JourneyRecorder {
  private readonly holder = randomUUID();
  private readonly stages = new StageFinder();
  private isStopped = false;
  private running: Promise<void> | undefined;

  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
    private readonly settings: RecorderSettings,
  ) {}

  /**
   * Measures the size of the journey records. Then creates and drops partitions, records all queued plans, and deletes
   * old counts, as long as no other gateway holds the lease.
   */
  async run(): Promise<void> {
    this.running ??= this.runOnce().finally(() => {
      this.running = undefined;
    });
    await this.running;
  }

  /** Stops a running `run` after its current batch. */
  async stop(): Promise<void> {
    this.isStopped = true;
    // Ignored here, because a failure is thrown to the caller of `run`.
    await this.running?.catch(() => undefined);
  }

  private async runOnce(): Promise<void> {
    await this.measure();
    if (!(await this.holdLease())) return;
    try {
      const kept = [interval(this.settings.keptS)];
      await runNamed(this.source, KEEP_PARTITIONS, kept);
      while (!this.isStopped && (await this.recordBatch()) === this.settings.batchRows)
        if (!(await this.holdLease())) return;
      await runNamed(this.source, DELETE_OLD_COUNTS, kept);
    } finally {
      await runNamed(this.source, RELEASE_LEASE, [LEASE, this.holder]);
    }
  }

  private async measure(): Promise<void> {
    const { journeys, maxMb, onFull } = this.settings;
    const { rows } = await runNamed<{ bytes: number }>(this.source, JOURNEYS_SIZE, []);
    const megabytes = rows[0]!.bytes / BYTES_PER_MB;
    const isFull = megabytes >= maxMb;
    if (isFull !== journeys.isFull) onFull?.(isFull, megabytes);
    journeys.isFull = isFull;
  }

  private async holdLease(): Promise<boolean> {
    return (await runNamed(this.source, TAKE_LEASE, [LEASE, this.holder, interval(LEASE_S)])).rows.length > 0;
  }

  /** Records or counts a batch of queued plans. Returns the number of plans that were taken from the queue. */
  private recordBatch(): Promise<number> {
    const { journeys, batchRows, networksMax } = this.settings;
    return this.source.transaction(async (manager) => {
      const plans = await manager.query<UnrecordedPlan[]>(TAKE_UNRECORDED, [batchRows]);
      if (plans.length === 0 || !journeys.isOn) return plans.length;
      const isCounted = ({ body }: UnrecordedPlan) => body === null || journeys.isFull;
      const counted = plans.filter(isCounted);
      if (counted.length > 0) await manager.query(ADD_COUNTS, [JSON.stringify(countsOf(counted)), networksMax]);
      const recorded = plans.filter((plan) => !isCounted(plan));
      if (recorded.length > 0) await this.add(manager, recorded);
      return plans.length;
    });
  }

  private async add(manager: EntityManager, plans: readonly UnrecordedPlan[]): Promise<void> {
    await this.stages.load(
      manager,
      plans.map(({ version_id }) => version_id),
    );
    const rows = plans.map((plan) => this.rowOf(plan));
    await addJourneys(manager, rows);
    if (!this.settings.journeys.events) return;
    const { ids, topics, bodies, users } = outboxColumns(
      rows.map((row) => outboxRow(flowEndedMessage(endOf(row)), this.sealer)),
    );
    await manager.query(INSERT_OUTBOX_ROWS, [ids, topics, bodies, users]);
  }

  /** Returns the journey record of a queued plan. Its steps are empty if the plan's body cannot be decrypted. */
  private rowOf({ body, revision, network, hour: _hour, ...row }: UnrecordedPlan): JourneyRow {
    const plan = this.open(row.plan_id, revision ?? 0, body!);
    const left = plan ? this.leftStep(row.version_id, plan) : [];
    const { steps, verdicts, client } = plan ? journeyOf(withRoom(plan, left.length)) : { steps: [], verdicts: {} };
    return {
      ...row,
      ...{ steps: [...steps, ...left], verdicts, client, network: network?.toString('hex') },
      logged_in: typeof plan?.visitor === 'string',
      user_id: this.settings.journeys.users ? (plan?.proved_user ?? plan?.visitor ?? null) : null,
    };
  }

  /** Returns the step at which the plan was abandoned or expired, if there is one. */
  private leftStep(versionId: string, { steps, cursor }: Plan): JourneyStep[] {
    const planned = steps[cursor];
    if (!planned) return [];
    const step = 'binding' in planned ? planned.binding : planned.id;
    return [{ step, ...this.stages.find(versionId, planned), outcome: 'abandoned', ms: null }];
  }

  private open(id: string, revision: number, body: Buffer): Plan | undefined {
    try {
      return openPlan({ id, body, identity: null, sealed: planSealId(id, revision) }, this.sealer)?.plan;
    } catch (error) {
      if (error instanceof UnknownSealKeyError) return undefined;
      throw error;
    }
  }
}

/** Returns the plan without the oldest entries of its trail, so that the record has room for `more` entries. */
const withRoom = (plan: Plan, more: number): Plan => ({ ...plan, trail: plan.trail.slice(more - MAX_TRAIL_ENTRIES) });

const endOf = ({ slug, version_id: versionId, logged_in: loggedIn, ...row }: JourneyRow): RecordedEnd => ({
  ...{ flow: slug ?? undefined, versionId, loggedIn, outcome: row.outcome, ms: row.ms, steps: row.steps },
});

/** Returns the numbers of plans, grouped by flow, version, hour, outcome and network. */
function countsOf(plans: readonly UnrecordedPlan[]) {
  const counts = new Map<string, object & { plans: number }>();
  for (const { flow_id, version_id, version, hour, outcome, network } of plans) {
    const count = { flow_id, version_id, version, hour, outcome, network: network?.toString('hex') };
    const key = JSON.stringify(count);
    counts.set(key, { ...count, plans: (counts.get(key)?.plans ?? 0) + 1 });
  }
  return [...counts.values()];
}
