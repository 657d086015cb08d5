import { arrivalTimes, type Share } from './arrivals.js';
import { type Clock, systemClock } from './clock.js';
import { runClosedModel } from './closed-model.js';
import { HttpClient } from './http-client.js';
import { runOpenModel } from './open-model.js';
import { randomOf } from './random.js';
import { countReason, emptyRecording, type Recording, recordMs, SLOT_MS, slotAt } from './recorder.js';
import type { Scenario } from './scenario.js';
import type { UserRing } from './user-ring.js';
import { Visit } from './visit.js';
import { Visitor } from './visitor.js';

/**
 * The load model. Open: visitors arrive independently at a rate. Closed: a fixed number of visitors repeat their
 * visits.
 */
export type LoadModel =
  | { readonly type: 'open'; readonly rate: number; readonly pattern: 'poisson' | 'constant' }
  | { readonly type: 'closed'; readonly visitors: number };

/** A load on a deployment for a time. */
export interface Stage {
  readonly url: string;
  readonly insecure: boolean;
  readonly timeoutMs: number;
  readonly retryForMs: number;
  /** Whether each account sends a client address of its own as X-Forwarded-For. */
  readonly forwardedFor: boolean;
  readonly scenario: Scenario;
  readonly model: LoadModel;
  readonly rampMs: number;
  readonly durationMs: number;
  /** Time that visits have to finish after the end of the load, in milliseconds. */
  readonly drainMs: number;
  readonly maxInFlight: number;
  readonly seed: number;
  readonly share: Share;
}

/** What a load generator needs to run a stage. */
export interface StageContext {
  readonly ring: UserRing;
  readonly stopping: () => boolean;
  /** Time of `clock` at which the load begins, in milliseconds. */
  readonly startedAt: number;
  readonly clock?: Clock;
}

/** Runs this generator's share of a stage, and returns its recording. */
export async function runStage(stage: Stage, context: StageContext): Promise<Recording> {
  const client = new HttpClient(stage.url, stage);
  const run = new StageRun(stage, { ...context, clock: context.clock ?? systemClock }, client);
  try {
    await run.untilDrained();
    return run.recording;
  } finally {
    client.close();
  }
}

/** A visit that has begun. */
interface RunningVisit {
  /** Time of the arrival, in milliseconds since the start of the load. */
  readonly arrivedAt: number;
}

class StageRun {
  readonly recording = emptyRecording();
  private readonly random: () => number;
  /** The visits that have not ended. */
  private readonly running = new Set<RunningVisit>();
  /** Set at the end of the stage, so that visits that are still running send no requests during the next stage. */
  private abandoned = false;

  constructor(
    private readonly stage: Stage,
    private readonly context: Required<StageContext>,
    private readonly client: HttpClient,
  ) {
    this.random = randomOf(stage.seed + stage.share.index);
  }

  /** Resolves when all visits have ended or `drainMs` is over. Counts visits that are still running as failed. */
  async untilDrained(): Promise<void> {
    const { stage, context } = this;
    const drainMs = context.startedAt + stage.durationMs + stage.drainMs - context.clock.now();
    const drained = new AbortController();
    await Promise.race([this.run(), context.clock.sleep(drainMs, drained.signal)]);
    drained.abort();
    this.abandoned = true;
    for (const visit of this.running) {
      countReason(this.recording.failures, 'still running at the end');
      this.end(visit);
    }
  }

  private run(): Promise<void> {
    const { model, share, rampMs, durationMs, seed, maxInFlight } = this.stage;
    const { clock, startedAt, stopping } = this.context;
    const visit = (due: number) => this.visit(due);
    if (model.type === 'closed') {
      const visitors = Math.floor((model.visitors - share.index + share.of - 1) / share.of);
      return runClosedModel({ visitors, startedAt, rampMs, durationMs, visit, stopping }, clock);
    }
    const arrivals = arrivalTimes({ ...model, rampMs, durationMs, seed }, share);
    const onTurnedAway = (due: number) => this.turnAway(due);
    return runOpenModel({ arrivals, startedAt, maxInFlight, visit, onTurnedAway, stopping }, clock);
  }

  private async visit(due: number): Promise<void> {
    const { stage, context, recording } = this;
    const begun = this.begin(due);
    this.running.add(begun);
    recording.maxInFlight = Math.max(recording.maxInFlight, this.running.size);
    const account = context.ring.next();
    const visitor = new Visitor(this.client, stage.forwardedFor ? account.address : undefined);
    const { scenario, retryForMs } = stage;
    const { clock } = context;
    const measuredFrom = context.startedAt + stage.rampMs;
    const isAbandoned = () => this.abandoned;
    const visit = new Visit(
      { scenario, clock, random: this.random, recording, retryForMs, measuredFrom, isAbandoned },
      visitor,
      account.valueOf,
    );
    const latency = await visit.run(due);
    if (this.abandoned) return;
    this.running.delete(begun);
    this.end(begun, latency);
  }

  private turnAway(due: number) {
    this.recording.turnedAway++;
    countReason(this.recording.failures, 'not begun: too many visits were running');
    this.end(this.begin(due));
  }

  private begin(due: number): RunningVisit {
    const arrivedAt = due - this.context.startedAt;
    this.recording.begun++;
    if (arrivedAt >= this.stage.rampMs) this.recording.measuredBegun++;
    this.slotAt(arrivedAt).begun++;
    return { arrivedAt };
  }

  /**
   * Counts a visit that has ended. The visit has finished after `latency` milliseconds, or has failed if there is no
   * `latency`.
   */
  private end({ arrivedAt }: RunningVisit, latency?: number) {
    const { recording, stage } = this;
    const [at, how] = [this.now, latency === undefined ? 'failed' : 'finished'] as const;
    recording[how]++;
    this.slotAt(at)[how]++;
    const begun = this.slotAt(arrivedAt);
    begun.slowestMs = Math.max(begun.slowestMs, latency ?? Number.POSITIVE_INFINITY);
    if (how === 'finished' && at >= stage.rampMs && at < stage.durationMs) recording.finishedInTime++;
    if (arrivedAt < stage.rampMs) return;
    if (latency === undefined) recording.measuredFailed++;
    else recordMs(recording.visits, latency);
  }

  /** Milliseconds since the start of the load. */
  private get now(): number {
    return this.context.clock.now() - this.context.startedAt;
  }

  private slotAt(ms: number) {
    return slotAt(this.recording.slots, Math.floor(ms / SLOT_MS));
  }
}
