import { Problem } from '@gatehouse/contracts';
import { type AttemptReservation, counterOf } from './attempt-store.js';

/** Largest number of answers in one queue. */
export const DEFAULT_QUEUE_LIMIT = 256;

interface QueueTail {
  /** Resolves when the request at the end of the queue has left. */
  readonly end: Promise<void>;
  readonly length: number;
}

/**
 * Serialises answers for one credential within this process. An answer reserves its attempts only after the answer
 * before it has been judged and, if that answer was right, its attempts have been reset or released. Otherwise
 * concurrent right answers would use up the free attempts.
 */
export class CredentialQueue {
  /** The queues, by subject and credential. */
  private readonly queues = new Map<string, QueueTail>();
  /** For each queued request, the function that admits the next request of its queue. */
  private readonly exits = new WeakMap<object, () => void>();

  constructor(private readonly limit: number) {}

  /**
   * Resolves when all earlier requests have left the queue of the first reservation. Later requests wait until this one
   * calls `leave`. Throws `stage_busy` if the queue is full or the wait takes longer than `withinMs`.
   */
  async enter(request: object, [reservation]: readonly AttemptReservation[], withinMs: number): Promise<void> {
    // A request joins one queue only, so that two requests cannot deadlock.
    if (!reservation || this.exits.has(request)) return;
    const key = `${reservation.subject.toString('hex')} ${counterOf(reservation)}`;
    const queue = this.queues.get(key);
    if (queue && queue.length >= this.limit) throw queueFull();
    this.append(request, key, queue);
    if (queue && !(await settlesWithin(queue.end, withinMs))) throw queueFull();
  }

  /** Lets the next request of the queue proceed. Must be called at the end of every request. */
  leave(request: object) {
    this.exits.get(request)?.();
  }

  private append(request: object, key: string, queue: QueueTail | undefined) {
    const left = new Promise<void>((leave) => this.exits.set(request, leave));
    const end = Promise.all([queue?.end, left]).then(() => this.shorten(key));
    this.queues.set(key, { end, length: (queue?.length ?? 0) + 1 });
  }

  private shorten(key: string) {
    const queue = this.queues.get(key);
    if (queue && queue.length > 1) this.queues.set(key, { ...queue, length: queue.length - 1 });
    else this.queues.delete(key);
  }
}

const queueFull = () => new Problem('stage_busy', { detail: 'Too many answers for one credential at once.' });

/** Resolves to true if the promise resolves within `ms` milliseconds, else to false. */
function settlesWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    void promise.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
