import { traceAttributes } from '@gatehouse/contracts';
import { annotateSpan, type Logger, SigningKeys } from '@gatehouse/platform';
import type { CourierConfig } from '../courier.config.js';
import { traceWebhook } from '../delivery-spans.js';
import { PollLoop } from '../poll-loop.js';
import { EndpointCircuit } from './endpoint-circuit.js';
import { WebhookClient } from './webhook.client.js';
import type { WebhookEndpoint } from './webhook.config.js';
import { webhookCircuits, webhookDeliveries } from './webhook.metrics.js';
import { WebhookDelivery } from './webhook-delivery.js';
import type { LeasedDelivery, WebhookDeliveryRepository } from './webhook-delivery.repository.js';
import type { WebhookEndpoints } from './webhook-endpoints.js';

/** Seconds of a lease that are reserved for the statements before and after the HTTP request. */
const LEASE_MARGIN_S = 20;

interface Dependencies {
  readonly config: CourierConfig;
  readonly deliveries: WebhookDeliveryRepository;
  readonly logger: Logger;
}

/**
 * Starts to deliver events to the enabled endpoints. Each endpoint has its own loop and circuit breaker, so that a slow
 * endpoint does not delay others.
 */
export const deliverWebhooks = (
  { enabled, http }: WebhookEndpoints,
  dependencies: Dependencies,
): Pick<PollLoop<LeasedDelivery>, 'close'>[] => {
  const { WEBHOOK_TIMEOUT_MS: timeoutMs, WEBHOOK_RESPONSE_BYTES: responseBytes } = dependencies.config;
  const client = new WebhookClient(http, { timeoutMs, responseBytes });
  return enabled.map((endpoint) => deliverTo(endpoint, client, dependencies));
};

function deliverTo(
  endpoint: WebhookEndpoint,
  client: WebhookClient,
  { config, deliveries, logger }: Dependencies,
): PollLoop<LeasedDelivery> {
  const { name } = endpoint;
  const circuit = circuitOf(config);
  const observe = (outcome: 'delivered' | 'later' | 'parked') => {
    webhookDeliveries.inc({ endpoint: name, outcome });
    webhookCircuits.set({ endpoint: name }, circuit.isOpen ? 1 : 0);
    annotateSpan(() => ({ [traceAttributes.outcome]: outcome }));
  };
  webhookCircuits.set({ endpoint: name }, 0);
  const settings = settingsOf(config);
  const { JWT_SIGNING_KEYS: keys } = config;
  const signingKeys = keys === undefined ? undefined : new SigningKeys(keys);
  const parts = { endpoint, deliveries, client, circuit, settings, signingKeys };
  const delivery = new WebhookDelivery({ ...parts, logger, observe });
  const leaseS = Math.ceil((2 * config.WEBHOOK_TIMEOUT_MS) / 1000) + LEASE_MARGIN_S;
  return new PollLoop<LeasedDelivery>({
    size: config.WEBHOOK_CONCURRENCY,
    pollMs: config.OUTBOX_POLL_MS,
    // A user's next event becomes due as soon as the previous one was delivered.
    pollAfterEach: true,
    take: (limit) => lease({ name, circuit, deliveries }, limit, leaseS),
    handle: (leased) => traceWebhook(leased, () => delivery.handle(leased)),
    onFault: (error) => logger.event('outbox_not_read', { error }),
  });
}

const circuitOf = (config: CourierConfig) =>
  new EndpointCircuit({
    ...{ failures: config.WEBHOOK_BREAK_FAILURES, pauseS: config.WEBHOOK_BREAK_S },
    pauseMaxS: config.WEBHOOK_BREAK_MAX_S,
  });

const settingsOf = (config: CourierConfig) => ({
  ...{ tries: config.WEBHOOK_TRIES, maxAgeS: config.WEBHOOK_MAX_AGE_S, source: config.EVENTS_SOURCE },
  ...{ retryS: config.WEBHOOK_RETRY_S, retryMaxS: config.WEBHOOK_RETRY_MAX_S, keyRetryS: config.SEAL_KEY_RETRY_S },
});

interface Leasing {
  readonly name: string;
  readonly circuit: EndpointCircuit;
  readonly deliveries: WebhookDeliveryRepository;
}

/** Leases due deliveries, at most as many as the circuit breaker allows. */
async function lease({ name, circuit, deliveries }: Leasing, limit: number, leaseS: number): Promise<LeasedDelivery[]> {
  const admitted = circuit.admit(limit);
  if (admitted === 0) return [];
  let leased: LeasedDelivery[] = [];
  try {
    leased = await deliveries.lease(name, admitted, leaseS);
  } finally {
    if (leased.length === 0) circuit.skipTrial();
  }
  return leased;
}
