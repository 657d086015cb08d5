import { CLOUD_EVENT_CONTENT_TYPE, type EventBody, eventBody, toCloudEvent } from '@gatehouse/outbox';
import type { Logger, Publisher } from '@gatehouse/platform';
import { retryDelay } from './mail-delivery.js';
import type { LeasedMessage, OutboxRepository } from './outbox.repository.js';

interface Dependencies {
  readonly outbox: OutboxRepository;
  readonly publisher: Publisher;
  /** URI of this deployment, which becomes the CloudEvents attribute `source`. */
  readonly source: string;
  readonly logger: Logger;
  /** Returns the names of the webhook endpoints to which events of an action are delivered. Default: none. */
  readonly webhooksFor?: (action: string) => readonly string[];
  /** Called with the outcome of each batch, and how long publishing took in milliseconds. */
  readonly observe: (outcome: 'published' | 'later', ms: number) => void;
}

/**
 * Seconds until a failed batch is published again: the first delay and the longest. Both are short, so that events are
 * published soon after the bus can be reached again.
 */
export const EVENT_RETRIES = { retryS: 1, retryMaxS: 60 };

/** Seconds of a batch's lease that are reserved for the statements before and after publishing. */
const LEASE_MARGIN_S = 20;

/**
 * Returns for how many seconds a courier leases events. `timeoutMs` is the time limit for publishing. If a courier
 * crashes, another one publishes its events again after this time.
 */
export const eventLeaseS = (timeoutMs: number): number => Math.ceil((2 * timeoutMs) / 1000) + LEASE_MARGIN_S;

interface OpenedEvent {
  readonly message: LeasedMessage;
  readonly body: EventBody;
}

/**
 * Returns `messages`, and from `batch` also all later events of the same users. `batch` has the order in which events
 * must be published.
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
 * Publishes the events of the outbox on the bus, each at least once, and those of one user in order. Retries without
 * limit. Parks only events that cannot be read or that the bus will never accept.
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

  /** Publishes the events of a batch that can be read. Returns those that must be published later. */
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

  /** Stores published events as kept events, and queues them for the webhook endpoints that want them. */
  async #keep(events: readonly OpenedEvent[]): Promise<void> {
    const { outbox, webhooksFor = () => [] } = this.dependencies;
    if (events.length === 0) return;
    await outbox.keep(events.map((event) => ({ ...event, endpoints: webhooksFor(event.body.action) })));
  }

  /**
   * Stores when users last logged in. The courier does this instead of the gateway, so that logins do not wait for the
   * write (docs/spec/events.md#last-login). Returns the login events of users whom another transaction is changing now.
   * These events are published again later, so that every login is stored.
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
    // If the events cannot be rescheduled, they are due again anyway when this courier's lease ends.
    await outbox
      .retryLater(batch, 'not published', (tries) => retryDelay(tries, EVENT_RETRIES))
      .catch((error: unknown) => logger.event('events_not_rescheduled', { messages: batch.length, error }));
  }
}
