import { errors, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import type { Logger } from './logger.js';

/** Milliseconds until a refused subscription is tried again. Each delay is twice the one before, up to the longest. */
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;

/** Thrown when the permissions of the NATS user do not allow a subscription. */
export class SubscriptionRefusedError extends Error {}

interface Entry {
  readonly subject: string;
  readonly queue: string | undefined;
  readonly receive: (message: Msg) => void;
  subscription: Subscription | undefined;
  refused: boolean;
}

/**
 * Subscriptions that last as long as their connection. A NATS server ends a subscription when a reload takes its
 * permission away, and may refuse it after a reconnect. Such a subscription is tried again until the server accepts it.
 */
export class NatsSubscriptions {
  readonly #entries: Entry[] = [];
  #retry: NodeJS.Timeout | undefined;
  #delayMs: number;
  #closing = false;

  constructor(
    private readonly connection: NatsConnection,
    private readonly logger: Pick<Logger, 'event'>,
    private readonly firstDelayMs = FIRST_DELAY_MS,
  ) {
    this.#delayMs = firstDelayMs;
    void this.#watch();
  }

  /** Whether no subscription is known to be refused by the server. */
  get accepted(): boolean {
    return !this.#entries.some(({ refused }) => refused);
  }

  /** Subscribes to a subject. `receive` must not throw. */
  add(subject: string, receive: (message: Msg) => void, queue?: string): void {
    const entry = { subject, queue, receive, subscription: undefined, refused: false };
    this.#entries.push(entry);
    this.#subscribe(entry);
  }

  /** Resolves when the server has accepted all subscriptions. Throws SubscriptionRefusedError with the refused ones. */
  async check(): Promise<void> {
    await this.connection.flush();
    const refused = this.#entries.filter((entry) => entry.refused).map(({ subject }) => subject);
    if (refused.length > 0)
      throw new SubscriptionRefusedError(
        `NATS refuses the subscriptions ${refused.join(', ')}: check this user's permissions`,
      );
  }

  /** Ends all subscriptions. Resolves when the handlers have got all messages that have arrived. */
  async drain(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#retry);
    await Promise.allSettled(this.#entries.map(async ({ subscription }) => subscription?.drain()));
  }

  #subscribe(entry: Entry): void {
    entry.refused = false;
    entry.subscription = this.connection.subscribe(entry.subject, {
      ...(entry.queue === undefined ? {} : { queue: entry.queue }),
      callback: (error, message) => (error ? this.#onRefused(entry) : entry.receive(message)),
    });
  }

  #onRefused(entry: Entry): void {
    if (entry.refused || this.#closing) return;
    entry.refused = true;
    // Otherwise the client would restore this subscription at a reconnect, in addition to the one that replaces it.
    entry.subscription?.unsubscribe();
    this.logger.event('bus_subscription_refused', { nats_subject: entry.subject, retry_ms: this.#delayMs });
    this.#retry ??= setTimeout(() => void this.#tryAgain(), this.#delayMs).unref();
  }

  async #tryAgain(): Promise<void> {
    this.#retry = undefined;
    // To subscribe on a closed connection throws.
    if (this.connection.isClosed()) return;
    this.#delayMs = Math.min(2 * this.#delayMs, LONGEST_DELAY_MS);
    const tried = this.#entries.filter(({ refused }) => refused);
    for (const entry of tried) this.#subscribe(entry);
    // A lost connection fails the flush, and restores these subscriptions when it is back.
    await this.connection.flush().catch(() => undefined);
    for (const { subject } of tried.filter(({ refused }) => !refused))
      this.logger.event('bus_subscription_accepted', { nats_subject: subject });
    if (this.accepted) this.#delayMs = this.firstDelayMs;
  }

  /**
   * Notices subscriptions that the server refuses after a reload. Such a refusal names no queue, so the NATS client
   * itself does not connect it with a subscription, and calls no callback.
   */
  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type !== 'error' || !(status.error instanceof errors.PermissionViolationError)) continue;
      const { operation, subject, queue } = status.error;
      if (operation !== 'subscription') continue;
      for (const entry of this.#entries)
        if (entry.subject === subject && (queue === undefined || queue === entry.queue)) this.#onRefused(entry);
    }
  }
}
