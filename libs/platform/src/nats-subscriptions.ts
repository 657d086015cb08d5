import { errors, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import type { Logger } from './logger.js';

/**
 * Milliseconds until a refused subscription is tried again for the first time. The delay doubles with each try, up to
 * LONGEST_DELAY_MS.
 */
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
 * Subscriptions for as long as a connection exists. A NATS server may refuse a subscription after a reconnect, or end
 * it when a reload of its configuration removes the permission. Such a subscription is tried again until the server
 * accepts it.
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

  /** Whether all subscriptions are accepted, as far as this process knows. */
  get accepted(): boolean {
    return !this.#entries.some(({ refused }) => refused);
  }

  /** Subscribes to a subject. `receive` must not throw. */
  add(subject: string, receive: (message: Msg) => void, queue?: string): void {
    const entry = { subject, queue, receive, subscription: undefined, refused: false };
    this.#entries.push(entry);
    this.#subscribe(entry);
  }

  /**
   * Resolves when the server has accepted all subscriptions. Throws a SubscriptionRefusedError that names the refused
   * ones.
   */
  async check(): Promise<void> {
    await this.connection.flush();
    const refused = this.#entries.filter((entry) => entry.refused).map(({ subject }) => subject);
    if (refused.length > 0)
      throw new SubscriptionRefusedError(
        `NATS refuses the subscriptions ${refused.join(', ')}. Check the permissions of this NATS user.`,
      );
  }

  /** Ends all subscriptions. Resolves when their handlers have got every message that has arrived. */
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
    // Without this, the client would restore this subscription at a reconnect, in addition to its replacement.
    entry.subscription?.unsubscribe();
    this.logger.event('bus_subscription_refused', { nats_subject: entry.subject, retry_ms: this.#delayMs });
    this.#retry ??= setTimeout(() => void this.#tryAgain(), this.#delayMs).unref();
  }

  async #tryAgain(): Promise<void> {
    this.#retry = undefined;
    // Subscribing on a closed connection throws.
    if (this.connection.isClosed()) return;
    this.#delayMs = Math.min(2 * this.#delayMs, LONGEST_DELAY_MS);
    const tried = this.#entries.filter(({ refused }) => refused);
    for (const entry of tried) this.#subscribe(entry);
    // The flush fails if the connection is lost. The client then restores these subscriptions when it reconnects.
    await this.connection.flush().catch(() => undefined);
    for (const { subject } of tried.filter(({ refused }) => !refused))
      this.logger.event('bus_subscription_accepted', { nats_subject: subject });
    if (this.accepted) this.#delayMs = this.firstDelayMs;
  }

  /**
   * Notices subscriptions that the server ends after a reload of its configuration. The NATS client calls no callback
   * for them, because the error lacks the name of the queue.
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
