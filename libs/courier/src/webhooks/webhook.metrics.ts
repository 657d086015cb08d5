import { counter, gauge, lazyGauge } from '@gatehouse/platform';
import type { DeliveryStats, WebhookDeliveryRepository } from './webhook-delivery.repository.js';

const ENDPOINT = 'name of an enabled endpoint in `WEBHOOKS`, at most 20';
/** Label value for deliveries to endpoints that are disabled or no longer in `WEBHOOKS`. */
const REMOVED = '(removed)';

/** Number of attempts to deliver an event to a webhook endpoint, by outcome. */
export const webhookDeliveries = counter({
  name: 'gatehouse_webhook_deliveries_total',
  question: 'messages',
  help: 'Attempts to deliver an event to a webhook endpoint. A parked delivery is not tried again',
  labels: { endpoint: ENDPOINT, outcome: ['delivered', 'later', 'parked'] },
});

/** Whether this courier's circuit breaker for an endpoint is open. */
export const webhookCircuits = gauge({
  name: 'gatehouse_webhook_circuit_open',
  question: 'messages',
  help: '1 while this courier sends an endpoint nothing, because its deliveries failed, it asked to wait, or it answered 410',
  labels: { endpoint: ENDPOINT },
});

/** Registers gauges of the deliveries. Every courier reports the same values, because the deliveries are one table. */
export function registerWebhookMetrics(
  deliveries: Pick<WebhookDeliveryRepository, 'stats'>,
  endpoints: readonly string[],
): void {
  const register = (family: { name: string; help: string }, member: Exclude<keyof DeliveryStats, 'endpoint'>) =>
    lazyGauge({ ...family, question: 'messages', labels: { endpoint: `${ENDPOINT}, or \`${REMOVED}\`` } }, async () => {
      const values = new Map([...endpoints, REMOVED].map((endpoint) => [endpoint, 0]));
      for (const stats of await deliveries.stats()) {
        const endpoint = values.has(stats.endpoint) ? stats.endpoint : REMOVED;
        const before = values.get(endpoint) ?? 0;
        values.set(endpoint, member === 'oldestS' ? Math.max(before, stats[member]) : before + stats[member]);
      }
      return [...values].map(([endpoint, value]) => ({ labels: { endpoint }, value }));
    });
  register({ name: 'gatehouse_webhook_waiting', help: 'Events that wait for a webhook endpoint' }, 'waiting');
  register(
    { name: 'gatehouse_webhook_parked', help: 'Events whose delivery to a webhook endpoint is parked' },
    'parked',
  );
  register(
    {
      name: 'gatehouse_webhook_oldest_seconds',
      help: 'Age of the oldest event that waits for a webhook endpoint, in seconds',
    },
    'oldestS',
  );
}
