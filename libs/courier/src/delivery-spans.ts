import { traceAttributes } from '@gatehouse/contracts';
import { originOf } from '@gatehouse/outbox';
import { publishSpan, SpanKind, type SpanStart, traceWork } from '@gatehouse/platform';
import type { LeasedMessage } from './outbox.repository.js';
import type { LeasedDelivery } from './webhooks/webhook-delivery.repository.js';

/**
 * Delivers a mail in a separate trace. The trace has a link to the request that created the mail, if that was recorded.
 */
export const traceMail = (mail: LeasedMessage, deliver: () => Promise<void>): Promise<void> =>
  traceLinked(
    [mail],
    {
      name: 'deliver mail',
      kind: SpanKind.CONSUMER,
      attributes: { [traceAttributes.messageKind]: 'mail', [traceAttributes.tries]: mail.tries },
    },
    deliver,
  );

/** Delivers an event to a webhook endpoint in a separate trace, with a link to the request that created the event. */
export const traceWebhook = (delivery: LeasedDelivery, deliver: () => Promise<void>): Promise<void> =>
  traceLinked(
    [delivery],
    {
      name: 'deliver webhook',
      kind: SpanKind.CONSUMER,
      attributes: { [traceAttributes.messageKind]: 'webhook', [traceAttributes.tries]: delivery.tries },
    },
    deliver,
  );

/** Publishes events in a separate trace, with links to the requests that created them, if those were recorded. */
export const traceEvents = (events: readonly LeasedMessage[], publish: () => Promise<void>): Promise<void> => {
  const { attributes, ...span } = publishSpan('events', events.length);
  return traceLinked(
    events,
    { ...span, attributes: { ...attributes, [traceAttributes.messageKind]: 'event' } },
    publish,
  );
};

function traceLinked(
  messages: readonly { readonly body: unknown }[],
  span: SpanStart,
  task: () => Promise<void>,
): Promise<void> {
  const links = messages.flatMap(({ body }) => originOf(body) ?? []);
  return links.length === 0 ? task() : traceWork({ ...span, links, sampled: true }, task);
}
