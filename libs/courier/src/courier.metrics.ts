import { histogram, lazyGauge } from '@gatehouse/platform';
import type { OutboxRepository, OutboxStats } from './outbox.repository.js';

/** Durations of deliveries of mails and of batches of events, by outcome. */
export const deliveries = histogram('gatehouse_courier_delivery_seconds', 'Mails and batches of events handled here', [
  'sort',
  'outcome',
]);

/** Registers gauges of the outbox. They have the same values on every courier. */
export function registerOutboxMetrics(outbox: OutboxRepository): void {
  const gauge = (name: string, help: string, valueOf: (stats: OutboxStats) => number) =>
    lazyGauge({ name, help, labelNames: ['sort'] }, async () =>
      (await outbox.stats()).map((stats) => ({ labels: { sort: stats.sort }, value: valueOf(stats) })),
    );
  gauge('gatehouse_outbox_waiting', 'Messages that wait in the outbox', ({ waiting }) => waiting);
  gauge('gatehouse_outbox_parked', 'Messages that were parked', ({ parked }) => parked);
  gauge('gatehouse_outbox_oldest_seconds', 'Age of the oldest message that waits', ({ oldestS }) => oldestS);
}
