import { Problem } from '@gatehouse/contracts';
import type { AttemptReservation } from './attempt-store.js';

/** Answers that may stand in one line. */
export const DEFAULT_QUEUE_LIMIT = 256;

interface QueueTail {
  /** When the last who stands in it has left. */
  readonly end: Promise<void>;
  readonly length: number;
}

/**
 * Answers that spend one credential stand in line, in this process: each is settled before the next is counted, so that
 * many right ones at once are not taken for guesses.
 */
export class CredentialQueue {
  /** By credential. */
  private readonly lines = new Map<string, QueueTail>();
  /** By request: how it leaves. */
  private readonly standing = new WeakMap<object, () => void>();

  constructor(private readonly longest: number) {}

  /** Resolves when it is the request's turn, which lasts until it leaves. Throws stage_busy when that takes, or is, too long. */
  async enter(request: object, [claim]: readonly AttemptReservation[], withinMs: number): Promise<void> {
    // In one line at a time, so that no two requests wait for each other.
    if (!claim || this.standing.has(request)) return;
    const key = `${claim.subject.toString('hex')} ${claim.credential}`;
    const line = this.lines.get(key);
    if (line && line.length >= this.longest) throw queueFull();
    this.append(request, key, line);
    if (line && !(await settlesWithin(line.end, withinMs))) throw queueFull();
  }

  /** To be called whatever became of the request. */
  leave(request: object) {
    this.standing.get(request)?.();
  }

  private append(request: object, key: string, line: QueueTail | undefined) {
    const left = new Promise<void>((leave) => this.standing.set(request, leave));
    const end = Promise.all([line?.end, left]).then(() => this.shorten(key));
    this.lines.set(key, { end, length: (line?.length ?? 0) + 1 });
  }

  private shorten(key: string) {
    const line = this.lines.get(key);
    if (line && line.length > 1) this.lines.set(key, { ...line, length: line.length - 1 });
    else this.lines.delete(key);
  }
}

const queueFull = () => new Problem('stage_busy', { detail: 'Too many answers for one credential at once.' });

/** Whether `event` happens within some milliseconds. */
function settlesWithin(event: Promise<void>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    void event.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
