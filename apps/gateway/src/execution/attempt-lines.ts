import { Problem } from '@gatehouse/contracts';
import type { Claim } from './attempts.js';

/**
 * Answers that spend one credential stand in line, in this process: each is settled before the next is counted, so that
 * many right ones at once are not taken for guesses.
 */
export class AttemptLines {
  /** By credential: when the last who stands in its line has left. */
  private readonly ends = new Map<string, Promise<void>>();
  /** By request: how it leaves. */
  private readonly standing = new WeakMap<object, () => void>();

  /** Resolves when it is the request's turn, which lasts until it leaves. Throws stage_busy when that takes too long. */
  async enter(request: object, [claim]: readonly Claim[], withinMs: number): Promise<void> {
    // In one line at a time, so that no two requests wait for each other.
    if (!claim || this.standing.has(request)) return;
    const before = this.append(request, `${claim.subject.toString('hex')} ${claim.credential}`);
    if (before && !(await inTime(before, withinMs))) {
      throw new Problem('stage_busy', { detail: 'Too many answers for one credential at once.' });
    }
  }

  /** To be called whatever became of the request. */
  leave(request: object) {
    this.standing.get(request)?.();
  }

  /** Puts a request at the end of a line; when those before it have left, undefined if there are none. */
  private append(request: object, key: string): Promise<void> | undefined {
    const before = this.ends.get(key);
    const left = new Promise<void>((leave) => this.standing.set(request, leave));
    const end = Promise.all([before, left]).then(() => {
      if (this.ends.get(key) === end) this.ends.delete(key);
    });
    this.ends.set(key, end);
    return before;
  }
}

/** Whether `event` happens within some milliseconds. */
function inTime(event: Promise<void>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    void event.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
