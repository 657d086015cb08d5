import { stageSubject } from '@gatehouse/contracts';
import type { Logger } from '@gatehouse/platform';

/** Smallest number of milliseconds between two log lines about one kind of stage. */
const LINE_EVERY_MS = 60_000;

interface Outage {
  readonly reportedAt: number;
  readonly isOver: boolean;
}

/**
 * Logs an outage when no service serves a stage. Logs it once until the stage replies again, and at most once a minute
 * for each kind. Logs the first reply after a logged outage.
 */
export class StageOutages {
  /** Outages by stage kind. Kinds are those of published flows, so there are few. */
  readonly #outages = new Map<string, Outage>();

  /** `now` returns the milliseconds of a monotonic clock. */
  constructor(
    private readonly logger: Pick<Logger, 'event'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Called when a request to a stage had no receiver. */
  report(kind: string, verb: Parameters<typeof stageSubject>[1]): void {
    const outage = this.#outages.get(kind);
    const now = this.now();
    if (outage && (!outage.isOver || now - outage.reportedAt < LINE_EVERY_MS)) return;
    this.#outages.set(kind, { reportedAt: now, isOver: false });
    this.logger.event('stage_unserved', { stage: kind, nats_subject: stageSubject(kind, verb) });
  }

  /** Called when a stage has replied. */
  end(kind: string): void {
    const outage = this.#outages.get(kind);
    if (!outage || outage.isOver) return;
    this.#outages.set(kind, { ...outage, isOver: true });
    this.logger.event('stage_served', { stage: kind });
  }
}
