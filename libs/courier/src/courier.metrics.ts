import { histogram, lazyGauge } from '@gatehouse/platform';
import type { Outbox, OutboxStats } from './outbox.js';

/** What became of mails, and of batches of events. */
export const deliveries = histogram('gatehouse_courier_delivery_seconds', 'Mails and batches of events handled here', [
  'sort',
  'outcome',
]);

/** Tells whoever asks for metrics how much waits in the outbox; the same on every courier. */
export function registerOutboxMetrics(outbox: Outbox): void {
  const gauge = (name: string, help: string, of: (standing: OutboxStats) => number) =>
    lazyGauge({ name, help, labelNames: ['sort'] }, async () =>
      (await outbox.standing()).map((standing) => ({ labels: { sort: standing.sort }, value: of(standing) })),
    );
  gauge('gatehouse_outbox_waiting', 'Messages that wait in the outbox', ({ waiting }) => waiting);
  gauge('gatehouse_outbox_parked', 'Messages that were parked', ({ parked }) => parked);
  gauge('gatehouse_outbox_oldest_seconds', 'Age of the oldest message that waits', ({ oldestS }) => oldestS);
}
