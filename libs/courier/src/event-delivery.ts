import { type EventBody, eventBody } from '@gatehouse/outbox';
import type { Logger } from '@gatehouse/platform';
import type { EventPublisher } from './events.js';
import { retryDelay } from './mail-delivery.js';
import type { LeasedMessage, Outbox } from './outbox.js';

interface Dependencies {
  readonly outbox: Outbox;
  readonly events: EventPublisher;
  readonly logger: Logger;
  /** Called with what became of a batch, its size, and the milliseconds that it took. */
  readonly observe: (outcome: 'published' | 'later', ms: number) => void;
}

/** Seconds until events are tried again that the bus did not take: one that is back should not stay silent for long. */
const RETRY_DELAYS = { retryS: 1, retryMaxS: 60 };

interface OpenedEvent {
  readonly taken: LeasedMessage;
  readonly body: EventBody;
}

/** Tells whoever listens what has happened: at least once, and for as long as it takes. */
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
    const { outbox, events } = this.parts;
    const readable = batch.flatMap((taken): OpenedEvent[] => {
      const body = eventBody.safeParse(taken.body);
      return body.success ? [{ taken, body: body.data }] : [];
    });
    const known = new Set(readable.map(({ taken }) => taken));
    for (const taken of batch) if (!known.has(taken)) await outbox.park(taken, 'what is in it cannot be read');
    await events.publish(
      readable.map(({ taken: { id, topic, madeAt }, body }) => ({
        ...{ id, subject: topic, body: { id, at: madeAt.toISOString(), ...body } },
      })),
    );
    for (const event of readable) await this.#note(event);
    await outbox.done([...known]);
  }

  /** When somebody was last logged in is not worth a write while they wait (docs/spec/events.md#last-login). */
  async #note({ taken: { madeAt }, body: { action, user } }: OpenedEvent): Promise<void> {
    if (action === 'login' && user?.kind === 'saved') await this.parts.outbox.noteLogin(user.uuid, madeAt);
  }

  async #later(batch: readonly LeasedMessage[]): Promise<void> {
    const { outbox, logger } = this.parts;
    for (const taken of batch) {
      // Whatever cannot be put back is due again when this courier's time with it is over.
      await outbox
        .later(taken, 'not published', retryDelay(taken.tries, RETRY_DELAYS))
        .catch((error: unknown) => logger.fault('an event could not be put back', error, { event: taken.id }));
    }
  }
}
