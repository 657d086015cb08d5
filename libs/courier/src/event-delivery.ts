import { type EventBody, eventBody } from '@gatehouse/outbox';
import type { Logger, Publisher } from '@gatehouse/platform';
import { retryDelay } from './mail-delivery.js';
import type { LeasedMessage, Outbox } from './outbox.js';

interface Dependencies {
  readonly outbox: Outbox;
  readonly publisher: Publisher;
  readonly logger: Logger;
  /** Called with the outcome of a batch and the milliseconds that it took. */
  readonly observe: (outcome: 'published' | 'later', ms: number) => void;
}

/** Seconds before a failed batch is published again. They are short, so that events follow soon after the bus is back. */
const RETRY_DELAYS = { retryS: 1, retryMaxS: 60 };

interface OpenedEvent {
  readonly taken: LeasedMessage;
  readonly body: EventBody;
}

/** Publishes the events of the outbox on the bus, at least once each, and retries without limit. */
export class EventDelivery {
  constructor(private readonly parts: Dependencies) {}

  async handle(batch: readonly LeasedMessage[]): Promise<void> {
    const began = performance.now();
    const outcome = await this.#publish(batch).then(
      () => 'published' as const,
      (error: unknown) => {
        this.parts.logger.fault('events could not be published', error, { events: batch.length });
        return 'later' as const;
      },
    );
    this.parts.observe(outcome, performance.now() - began);
    if (outcome === 'later') await this.#later(batch);
  }

  async #publish(batch: readonly LeasedMessage[]): Promise<void> {
    const { outbox, publisher } = this.parts;
    const readable = batch.flatMap((taken): OpenedEvent[] => {
      const body = eventBody.safeParse(taken.body);
      return body.success ? [{ taken, body: body.data }] : [];
    });
    const known = new Set(readable.map(({ taken }) => taken));
    for (const taken of batch) if (!known.has(taken)) await outbox.park(taken, 'what is in it cannot be read');
    await publisher.publish(
      readable.map(({ taken: { id, topic, madeAt }, body }) => ({
        ...{ id, subject: topic, body: { id, at: madeAt.toISOString(), ...body } },
      })),
    );
    for (const event of readable) await this.#note(event);
    await outbox.done([...known]);
  }

  /**
   * Stores the time of the user's last login here, so that the login itself does not wait for the write
   * (docs/spec/events.md#last-login).
   */
  async #note({ taken: { madeAt }, body: { action, user } }: OpenedEvent): Promise<void> {
    if (action === 'login' && user?.kind === 'saved') await this.parts.outbox.noteLogin(user.uuid, madeAt);
  }

  async #later(batch: readonly LeasedMessage[]): Promise<void> {
    const { outbox, logger } = this.parts;
    for (const taken of batch) {
      // An event that cannot be rescheduled is due again when the lease of this courier expires.
      await outbox
        .later(taken, 'not published', retryDelay(taken.tries, RETRY_DELAYS))
        .catch((error: unknown) => logger.fault('an event could not be put back', error, { event: taken.id }));
    }
  }
}
