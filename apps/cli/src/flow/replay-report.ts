import type { RecordedVerdict } from '@gatehouse/plan';
import {
  metSteps,
  type Replay,
  type ReplayCause,
  type ReplayVerdict,
  replayRun,
  type WalkedVersion,
} from '@gatehouse/simulation';
import type { RecordedGroup, RecordedRunRepository } from './recorded-runs.repository.js';

/** Largest number of different runs whose replay result is cached. */
const MAX_REMEMBERED = 20_000;
/** Number of causes that are counted; further ones are left out. */
const MAX_CAUSES = 1000;

/** A cause, and the number of plans that it concerns. */
export interface CountedCause extends ReplayCause {
  readonly plans: number;
}

/** What a draft would change for recorded runs. */
export interface ReplayReport {
  /** Finished and denied plans, by the verdict of the replay against the draft. */
  readonly plans: Readonly<Record<ReplayVerdict, number>>;
  /** Abandoned and expired plans, which are not replayed. */
  readonly unfinished: number;
  /** Number of different runs that were replayed. */
  readonly walked: number;
  /** The causes of all differences, the most frequent first. A plan may have more than one cause. */
  readonly causes: readonly CountedCause[];
}

/** Replays groups of equal records against a draft, each different run only once. */
export class ReplayCounter {
  private readonly plans: Record<ReplayVerdict, number> = { same: 0, changed: 0, otherwise: 0, unknown: 0 };
  private readonly causes = new Map<string, CountedCause>();
  private readonly remembered = new Map<string, Replay>();
  private readonly versions = new Map<string, ReturnType<RecordedRunRepository['findVersion']>>();
  private unfinished = 0;
  private walked = 0;

  constructor(
    private readonly draft: WalkedVersion,
    private readonly runs: Pick<RecordedRunRepository, 'findVersion'>,
  ) {}

  /** Counts the records of a group. */
  async add(group: RecordedGroup): Promise<void> {
    const { outcome, plans } = group;
    if (outcome !== 'done' && outcome !== 'denied') {
      this.unfinished += plans;
      return;
    }
    const { verdict, causes } = await this.replay({ ...group, outcome });
    this.plans[verdict] += plans;
    for (const cause of causes) this.count(cause, plans);
  }

  report(): ReplayReport {
    const causes = [...this.causes.values()].sort((a, b) => b.plans - a.plans || (a.text < b.text ? -1 : 1));
    return { plans: this.plans, unfinished: this.unfinished, walked: this.walked, causes };
  }

  private async replay(group: RecordedGroup & { readonly outcome: 'done' | 'denied' }): Promise<Replay> {
    const key = keyOf(group);
    const known = this.remembered.get(key);
    if (known) return known;
    const replayed = replayRun({ ...group, version: await this.versionOf(group.versionId) }, this.draft);
    this.walked += 1;
    if (this.remembered.size < MAX_REMEMBERED) this.remembered.set(key, replayed);
    return replayed;
  }

  private versionOf(id: string) {
    const found = this.versions.get(id) ?? this.runs.findVersion(id);
    this.versions.set(id, found);
    return found;
  }

  private count(cause: ReplayCause, plans: number): void {
    const key = `${cause.type} ${cause.text}`;
    const counted = this.causes.get(key);
    if (counted || this.causes.size < MAX_CAUSES)
      this.causes.set(key, { ...cause, plans: (counted?.plans ?? 0) + plans });
  }
}

/** Returns a key that is equal for runs with the same replay. Repeated wrong answers do not change the key. */
function keyOf({ versionId, outcome, loggedIn, steps, verdicts }: RecordedGroup): string {
  const met = metSteps({ steps }).map(({ step, kind, stage, outcome: left }) => [step, kind, stage, left]);
  const hasDeferred = steps.some((step) => step.outcome === 'deferred');
  return JSON.stringify([versionId, outcome, loggedIn, hasDeferred, met, sorted(verdicts)]);
}

const sorted = (verdicts: Readonly<Record<string, RecordedVerdict>>) =>
  Object.entries(verdicts).sort(([a], [b]) => (a < b ? -1 : 1));
