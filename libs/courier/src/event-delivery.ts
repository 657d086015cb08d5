import { CLOUD_EVENT_CONTENT_TYPE, type EventBody, eventBody, toCloudEvent } from '@gatehouse/outbox';
import type { Logger, Publisher } from '@gatehouse/platform';
import { retryDelay } from './mail-delivery.js';
import type { LeasedMessage, OutboxRepository } from './outbox.repository.js';

interface Dependencies {
  readonly outbox: OutboxRepository;
  readonly publisher: Publisher;
  /** URI of this deployment, the CloudEvents attribute `source`. */
  readonly source: string;
  readonly logger: Logger;
  /** Returns the names of the webhook endpoints that get events of an action. Default: none. */
  readonly webhooksFor?: (action: string) => readonly string[];
  /** Called with the outcome of each batch and the milliseconds that publishing took. */
  readonly observe: (outcome: 'published' | 'later', ms: number) => void;
}

/**
 * Seconds before a failed batch is published again. The delays are short, so that events are published soon after the
 * bus is reachable again.
 */
export const EVENT_RETRIES = { retryS: 1, retryMaxS: 60 };

/** Seconds of a batch's lease that are kept for the statements before and after publishing. */
const LEASE_MARGIN_S = 20;

/**
 * Returns the seconds for which a courier leases events, if NATS must accept them within `timeoutMs`. When a courier
 * crashes, another one publishes its events again after this time.
 */
export const eventLeaseS = (timeoutMs: number): number => Math.ceil((2 * timeoutMs) / 1000) + LEASE_MARGIN_S;

interface OpenedEvent {
  readonly message: LeasedMessage;
  readonly body: EventBody;
}

/**
 * Returns messages together with the later events of the same users. `batch` is in the order in which events must be
 * published.
 */
export function withLaterEvents(
  batch: readonly LeasedMessage[],
  messages: ReadonlySet<LeasedMessage>,
): ReadonlySet<LeasedMessage> {
  const users = new Set<string>();
  return new Set(
    batch.filter((message) => {
      if (message.user !== null && messages.has(message)) users.add(message.user);
      return messages.has(message) || (message.user !== null && users.has(message.user));
    }),
  );
}

/**
 * Publishes the events of the outbox on the bus, at least once each, and those of one user in their order. Retries
 * without limit, and parks only events that cannot be read or that the bus never accepts.
 */
export class EventDelivery {
  constructor(private readonly dependencies: Dependencies) {}

  async handle(batch: readonly LeasedMessage[]): Promise<void> {
    const { observe, logger } = this.dependencies;
    const startedAt = performance.now();
    try {
      const waiting = await this.#publish(batch);
      observe(waiting.length > 0 ? 'later' : 'published', performance.now() - startedAt);
      await this.#retryLater(waiting);
    } catch (error) {
      logger.event('events_not_published', { messages: batch.length, error });
      observe('later', performance.now() - startedAt);
      await this.#retryLater(batch);
    }
  }

  /** Publishes the events that can be read, and returns those that must be published later. */
  async #publish(batch: readonly LeasedMessage[]): Promise<readonly LeasedMessage[]> {
    const { outbox, publisher, logger, source } = this.dependencies;
    const readable = batch.flatMap((message): OpenedEvent[] => {
      const body = eventBody.safeParse(message.body);
      return body.success ? [{ message, body: body.data }] : [];
    });
    const readableMessages = new Set(readable.map(({ message }) => message));
    for (const message of batch)
      if (!readableMessages.has(message)) await outbox.park(message, 'the body cannot be read');
    const unpublished = await publisher.publish(
      readable.map(({ message: { id, topic, madeAt, user }, body }) => ({
        ...{ id, subject: topic, contentType: CLOUD_EVENT_CONTENT_TYPE, orderKey: user ?? undefined },
        body: toCloudEvent({ id, madeAt, body }, source),
      })),
    );
    const failures = new Map(unpublished.map((failure) => [failure.id, failure]));
    const published = readable.filter(({ message: { id } }) => !failures.has(id));
    const unrecorded = withLaterEvents(batch, await this.#recordLogins(published));
    const done = published.filter(({ message }) => !unrecorded.has(message));
    await this.#keep(done);
    const waiting = published.flatMap(({ message }) => (unrecorded.has(message) ? [message] : []));
    for (const { message } of readable) {
      const failure = failures.get(message.id);
      if (failure?.isFinal) await outbox.park(message, failure.error.message);
      else if (failure) waiting.push(message);
    }
    const [first] = unpublished;
    if (first) logger.event('events_not_published', { messages: unpublished.length, error: first.error });
    return waiting;
  }

  /** Keeps published events, and queues them for the webhook endpoints that get their actions. */
  async #keep(events: readonly OpenedEvent[]): Promise<void> {
    const { outbox, webhooksFor = () => [] } = this.dependencies;
    if (events.length === 0) return;
    await outbox.keep(events.map((event) => ({ ...event, endpoints: webhooksFor(event.body.action) })));
  }

  /**
   * Stores the times of the users' last logins. The courier stores them, so that the login does not wait for the write
   * (docs/spec/events.md#last-login). Returns the events of users whom another transaction changes now. They are
   * published once more later, so that no login is missing.
   */
  async #recordLogins(events: readonly OpenedEvent[]): Promise<ReadonlySet<LeasedMessage>> {
    const unrecorded = new Set<LeasedMessage>();
    for (const { message, body } of events) {
      const { action, user } = body;
      if (action !== 'login' || user?.kind !== 'saved') continue;
      if (!(await this.dependencies.outbox.recordLogin(user.uuid, message.madeAt))) unrecorded.add(message);
    }
    return unrecorded;
  }

  async #retryLater(batch: readonly LeasedMessage[]): Promise<void> {
    const { outbox, logger } = this.dependencies;
    if (batch.length === 0) return;
    // Events that cannot be rescheduled are due again when the lease of this courier expires.
    await outbox
      .retryLater(batch, 'not published', (tries) => retryDelay(tries, EVENT_RETRIES))
      .catch((error: unknown) => logger.event('events_not_rescheduled', { messages: batch.length, error }));
  }
}
