import { counter, histogram, lazyGauge } from '@gatehouse/platform';
import type { OutboxRepository, OutboxStats } from './outbox.repository.js';

const SORTS = ['mail', 'event'];

/** Durations of deliveries by outcome: of each mail, and of each batch of events. */
export const deliveries = histogram({
  name: 'gatehouse_courier_delivery_seconds',
  question: 'messages',
  help: 'Durations of deliveries of mails and of batches of events',
  labels: { sort: SORTS, outcome: ['sent', 'published', 'later', 'parked'] },
});

/** Number of mails by outcome. */
export const mails = counter({
  name: 'gatehouse_mails_total',
  question: 'messages',
  help: 'Deliveries of mails. A parked mail is not tried again',
  labels: { outcome: '`sent`; `retried`: it is tried again later; `parked`' },
});

/** Registers gauges of the outbox. Every courier reports the same values, because the outbox is one table. */
export function registerOutboxMetrics(outbox: Pick<OutboxRepository, 'stats'>): void {
  const gauge = (name: string, help: string, valueOf: (stats: OutboxStats) => number) =>
    lazyGauge({ name, help, question: 'messages', labels: { sort: SORTS } }, async () =>
      (await outbox.stats()).map((stats) => ({ labels: { sort: stats.sort }, value: valueOf(stats) })),
    );
  gauge('gatehouse_outbox_waiting', 'Messages that wait in the outbox', ({ waiting }) => waiting);
  gauge('gatehouse_outbox_parked', 'Messages that are parked', ({ parked }) => parked);
  gauge(
    'gatehouse_outbox_oldest_seconds',
    'Age of the oldest message that waits, in seconds',
    ({ oldestS }) => oldestS,
  );
}
