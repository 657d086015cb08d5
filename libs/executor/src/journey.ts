import type { JourneyClient, Plan, RecordedVerdict } from '@gatehouse/plan';
import { timeOfUuidV7 } from '@gatehouse/platform';

/** A step of a journey: a step that the plan has left, an answer that was refused, or the step that the visitor left. */
export interface JourneyStep {
  /** Id of the step: of its binding, or with a `~` if the step was inserted. */
  readonly step: string;
  readonly kind?: string | undefined;
  /** Id of the stage. */
  readonly stage?: string | undefined;
  /** An outcome of the trail, or `abandoned`. */
  readonly outcome: string;
  /** Milliseconds since the previous entry, or since the plan began; null for an abandoned step. */
  readonly ms: number | null;
}

/** What a journey record keeps of a plan. Contains nothing that a visitor has typed. */
export interface Journey {
  readonly steps: readonly JourneyStep[];
  /** Results of policy bindings by binding id, as far as they were evaluated. */
  readonly verdicts: Readonly<Record<string, RecordedVerdict>>;
  readonly client: JourneyClient | undefined;
}

/** The record of a plan that a commit ends. */
export interface EndedJourney extends Journey {
  readonly outcome: 'done' | 'denied';
  /** The name of the reason of a denial. */
  readonly reason: string | undefined;
  /** Whether the session is logged in at the end. */
  readonly loggedIn: boolean;
  /** Whether the plan is counted instead of recorded, because an anonymous visitor has answered nothing. */
  readonly isCounted: boolean;
}

/** A plan that ended in the request which began it, and was never stored. */
export interface UnstoredEnding {
  readonly planId: string;
  readonly flowId: string;
  readonly versionId: string;
  readonly outcome: EndedJourney['outcome'];
  /** Keyed hash of the client's network. */
  readonly network: Buffer | undefined;
}

/** What a record keeps about a client. */
export interface JourneyFacts {
  readonly client: JourneyClient;
  /** Keyed hash of the client's network, which changes daily. */
  readonly network: Buffer;
}

/** Returns what a record keeps of a plan. */
export const journeyOf = ({ id, trail, judged, client }: Plan): Journey => ({
  steps: trail.map(({ step, kind, stage, outcome, at }, index) => {
    const since = index === 0 ? timeOfUuidV7(id) : Date.parse(trail[index - 1]!.at);
    return { step, kind, stage, outcome, ms: Math.max(0, Date.parse(at) - since) };
  }),
  verdicts: judged ?? {},
  client,
});
