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
  /** Called with the outcome of each batch and the milliseconds that publishing took. */
  readonly observe: (outcome: 'published' | 'later', ms: number) => void;
}

/**
 * Seconds before a failed batch is published again. The delays are short, so that events are published soon after the
 * bus is reachable again.
 */
const RETRY_DELAYS = { retryS: 1, retryMaxS: 60 };

interface OpenedEvent {
  readonly message: LeasedMessage;
  readonly body: EventBody;
}

/** Publishes the events of the outbox on the bus, at least once each, and retries without limit. */
export class EventDelivery {
  constructor(private readonly dependencies: Dependencies) {}

  async handle(batch: readonly LeasedMessage[]): Promise<void> {
    const startedAt = performance.now();
    const outcome = await this.#publish(batch).then(
      () => 'published' as const,
      (error: unknown) => {
        this.dependencies.logger.fault('events could not be published', error, { events: batch.length });
        return 'later' as const;
      },
    );
    this.dependencies.observe(outcome, performance.now() - startedAt);
    if (outcome === 'later') await this.#retryLater(batch);
  }

  async #publish(batch: readonly LeasedMessage[]): Promise<void> {
    const { outbox, publisher, source } = this.dependencies;
    const readable = batch.flatMap((message): OpenedEvent[] => {
      const body = eventBody.safeParse(message.body);
      return body.success ? [{ message, body: body.data }] : [];
    });
    const readableMessages = new Set(readable.map(({ message }) => message));
    for (const message of batch)
      if (!readableMessages.has(message)) await outbox.park(message, 'the body cannot be read');
    await publisher.publish(
      readable.map(({ message: { id, topic, madeAt }, body }) => ({
        ...{ id, subject: topic, contentType: CLOUD_EVENT_CONTENT_TYPE },
        body: toCloudEvent({ id, madeAt, body }, source),
      })),
    );
    for (const event of readable) await this.#recordLogin(event);
    await outbox.delete([...readableMessages]);
  }

  /**
   * Stores the time of the user's last login. The courier stores it, so that the login does not wait for the write
   * (docs/spec/events.md#last-login).
   */
  async #recordLogin({ message: { madeAt }, body: { action, user } }: OpenedEvent): Promise<void> {
    if (action === 'login' && user?.kind === 'saved') await this.dependencies.outbox.recordLogin(user.uuid, madeAt);
  }

  async #retryLater(batch: readonly LeasedMessage[]): Promise<void> {
    const { outbox, logger } = this.dependencies;
    // Events that cannot be rescheduled are due again when the lease of this courier expires.
    await outbox
      .retryLater(batch, 'not published', (tries) => retryDelay(tries, RETRY_DELAYS))
      .catch((error: unknown) => logger.fault('events could not be rescheduled', error, { events: batch.length }));
  }
}
