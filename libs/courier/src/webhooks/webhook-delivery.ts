import { eventBody, toCloudEvent } from '@gatehouse/outbox';
import type { Logger, SigningKeys } from '@gatehouse/platform';
import { retryDelay } from '../mail-delivery.js';
import type { EndpointCircuit } from './endpoint-circuit.js';
import { type SignalledEvent, securityEventToken } from './security-event.js';
import type { WebhookClient, WebhookOutcome } from './webhook.client.js';
import type { WebhookEndpoint } from './webhook.config.js';
import type { LeasedDelivery, WebhookDeliveryRepository } from './webhook-delivery.repository.js';

interface Settings {
  readonly tries: number;
  readonly maxAgeS: number;
  readonly retryS: number;
  readonly retryMaxS: number;
  /** Seconds until the next try of a delivery for which this courier lacks the seal key. */
  readonly keyRetryS: number;
  /** URI of this deployment, which becomes the CloudEvents attribute `source`. */
  readonly source: string;
}

interface Dependencies {
  readonly endpoint: WebhookEndpoint;
  readonly deliveries: WebhookDeliveryRepository;
  readonly client: WebhookClient;
  readonly circuit: EndpointCircuit;
  readonly settings: Settings;
  readonly logger: Logger;
  /** Keys that sign Security Event Tokens; absent without JWT_SIGNING_KEYS. */
  readonly signingKeys?: SigningKeys | undefined;
  /** Called with the outcome of each delivery. */
  readonly observe: (outcome: 'delivered' | 'later' | 'parked') => void;
}

/**
 * What is stored about a delivery after an attempt. `undone`: the attempt does not count as a try, because no request
 * was sent.
 */
type Settlement =
  | { readonly type: 'delivered' }
  | { readonly type: 'later'; readonly reason: string; readonly delayS: number; readonly undone?: true }
  | { readonly type: 'parked'; readonly reason: string };

/** Delivers events to one webhook endpoint. */
export class WebhookDelivery {
  constructor(private readonly dependencies: Dependencies) {}

  /** Tries to deliver an event, and stores the outcome. Never rejects. */
  async handle(delivery: LeasedDelivery): Promise<void> {
    const { endpoint, observe, logger } = this.dependencies;
    const settlement = await this.#attempt(delivery).catch((error: unknown): Settlement => {
      this.dependencies.circuit.skipTrial();
      const reason = error instanceof Error ? error.message : 'unknown error';
      return this.#retry(delivery, { type: 'failed', reason: `an internal error: ${reason}` });
    });
    observe(settlement.type);
    const { id, tries } = delivery;
    const fields = { endpoint: endpoint.name, delivery: id, outcome: settlement.type };
    await this.#store(delivery, settlement).catch((error: unknown) =>
      logger.event('webhook_outcome_not_stored', { ...fields, error }),
    );
    if (settlement.type !== 'delivered')
      logger.event('webhook_not_delivered', { ...fields, tries, reason: settlement.reason });
  }

  async #attempt(delivery: LeasedDelivery): Promise<Settlement> {
    const { client, circuit, endpoint, settings } = this.dependencies;
    const { eventId: id, madeAt, missingKey } = delivery;
    const body = eventBody.safeParse(delivery.body);
    if (!body.success) {
      circuit.skipTrial();
      return missingKey === undefined
        ? { type: 'parked', reason: 'the event cannot be read: no seal key decrypts it, or another version wrote it' }
        : { type: 'later', reason: missingKey, delayS: settings.keyRetryS, undone: true };
    }
    const event = await this.#encoded({ id, madeAt, body: body.data });
    if (event === undefined) {
      circuit.skipTrial();
      return { type: 'delivered' };
    }
    const outcome = await client.send({ id, body: event }, endpoint);
    this.#report(outcome);
    return outcome.type === 'accepted' ? { type: 'delivered' } : this.#retry(delivery, outcome);
  }

  /**
   * Returns the event in the format of the endpoint; undefined if it is no security event and the endpoint gets only
   * those.
   */
  async #encoded(event: SignalledEvent): Promise<string | undefined> {
    const { endpoint, settings, signingKeys } = this.dependencies;
    if (!endpoint.set) return JSON.stringify(toCloudEvent(event, settings.source));
    if (!signingKeys)
      throw new Error('JWT_SIGNING_KEYS is not set. An endpoint with `set` needs keys that sign its tokens');
    return securityEventToken(event, { ...endpoint.set, host: endpoint.url.host }, signingKeys);
  }

  /** Reports the outcome of a request to the circuit breaker. */
  #report(outcome: WebhookOutcome): void {
    const { circuit, endpoint, logger, settings } = this.dependencies;
    const { name } = endpoint;
    if (outcome.type === 'accepted') {
      if (circuit.succeeded()) logger.event('webhook_circuit_closed', { endpoint: name });
    } else if (outcome.type === 'gone') {
      circuit.gone();
      logger.event('webhook_endpoint_gone', { endpoint: name });
    } else {
      const pause = circuit.failed(Math.min(outcome.retryAfterS ?? 0, settings.retryMaxS));
      if (pause === undefined) return;
      logger.event('webhook_circuit_opened', { endpoint: name, retry_ms: pause, reason: outcome.reason });
    }
  }

  #retry({ tries, ageS }: LeasedDelivery, outcome: Exclude<WebhookOutcome, { type: 'accepted' }>): Settlement {
    const { reason } = outcome;
    const { settings } = this.dependencies;
    // The random part keeps couriers from sending their retries at the same moment.
    const backOffS = retryDelay(tries, settings) * (0.5 + Math.random() / 2);
    const askedS = outcome.type === 'failed' ? (outcome.retryAfterS ?? 0) : 0;
    const delayS = Math.max(backOffS, Math.min(askedS, settings.retryMaxS));
    const isLast = tries >= settings.tries || ageS + delayS > settings.maxAgeS;
    return isLast ? { type: 'parked', reason } : { type: 'later', reason, delayS };
  }

  #store(delivery: LeasedDelivery, settlement: Settlement): Promise<void> {
    const { deliveries } = this.dependencies;
    switch (settlement.type) {
      case 'delivered':
        return deliveries.delete(delivery);
      case 'parked':
        return deliveries.park(delivery, settlement.reason);
      case 'later': {
        const { reason, delayS, undone } = settlement;
        return undone ? deliveries.postpone(delivery, reason, delayS) : deliveries.retryLater(delivery, reason, delayS);
      }
    }
  }
}
