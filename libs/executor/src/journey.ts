import type { JourneyClient, Plan, RecordedVerdict } from '@gatehouse/plan';
import { timeOfUuidV7 } from '@gatehouse/platform';

/** Largest number of entries in a plan's trail, and in a journey record. The oldest entries are removed. */
export const MAX_TRAIL_ENTRIES = 50;

/**
 * An entry of a journey record: a step that the plan has left, an answer that was refused, or the step at which the
 * visitor gave up.
 */
export interface JourneyStep {
  /** Id of the step: the id of its binding, or an id with a `~` if the step was inserted. */
  readonly step: string;
  readonly kind?: string | undefined;
  /** Id of the stage. */
  readonly stage?: string | undefined;
  /** The outcome as in the plan's trail, or `abandoned`. */
  readonly outcome: string;
  /** Milliseconds since the previous entry, or since the plan began; null for the step at which the visitor gave up. */
  readonly ms: number | null;
}

/**
 * A journey record: what is stored about an ended plan, for statistics (docs/spec/journeys.md). Contains nothing that a
 * visitor has typed.
 */
export interface Journey {
  readonly steps: readonly JourneyStep[];
  /** Results of the policy bindings that were evaluated, by binding id. */
  readonly verdicts: Readonly<Record<string, RecordedVerdict>>;
  readonly client: JourneyClient | undefined;
}

/** The journey record of a plan that a plan commit ends. */
export interface EndedJourney extends Journey {
  readonly outcome: 'done' | 'denied';
  /** Code of the reason of a denial. */
  readonly reason: string | undefined;
  /** Whether the session has a user at the end of the plan. */
  readonly loggedIn: boolean;
  /** Whether only a counter records this plan, because an anonymous visitor has answered nothing. */
  readonly isCounted: boolean;
}

/** A plan that started and ended in one request, and so was never stored. */
export interface UnstoredEnding {
  readonly planId: string;
  readonly flowId: string;
  readonly versionId: string;
  readonly outcome: EndedJourney['outcome'];
  /** Keyed hash of the client's network, because plans are counted by network. */
  readonly network: Buffer | undefined;
}

/** What a journey record contains about a client. */
export interface JourneyFacts {
  readonly client: JourneyClient;
  /** Keyed hash of the client's network. Its key changes daily. */
  readonly network: Buffer;
}

/** Returns the part of a plan that its journey record contains. */
export const journeyOf = ({ id, trail, judged, client }: Plan): Journey => ({
  steps: trail.map(({ step, kind, stage, outcome, at }, index) => {
    const since = index === 0 ? timeOfUuidV7(id) : Date.parse(trail[index - 1]!.at);
    return { step, kind, stage, outcome, ms: Math.max(0, Date.parse(at) - since) };
  }),
  verdicts: judged ?? {},
  client,
});
