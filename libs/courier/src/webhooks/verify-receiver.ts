import { ConfigError, SigningKeys } from '@gatehouse/platform';
import { z } from 'zod';
import { courierSettings } from '../courier.config.js';
import { verificationToken } from './security-event.js';
import { WebhookClient, type WebhookOutcome } from './webhook.client.js';
import { webhookSettings } from './webhook.config.js';
import { webhookEndpointsOf } from './webhook-endpoints.js';

/** The settings of the courier that a verification needs. */
export const verificationConfig = z.object({
  ...webhookSettings.shape,
  EVENTS_KEPT_S: courierSettings.shape.EVENTS_KEPT_S,
  JWT_SIGNING_KEYS: courierSettings.shape.JWT_SIGNING_KEYS,
});

/**
 * Sends a verification event to an endpoint with `set`, enabled or not, and returns how the receiver has responded. The
 * event does not pass through the queue. Throws ConfigError if there is no such endpoint, or if JWT_SIGNING_KEYS is not
 * set.
 */
export async function verifyReceiver(
  name: string,
  config: z.output<typeof verificationConfig>,
): Promise<WebhookOutcome> {
  const { http } = webhookEndpointsOf(config, config.EVENTS_KEPT_S);
  const endpoint = config.WEBHOOKS.find((one) => one.name === name && one.set);
  if (!endpoint?.set) throw new ConfigError(`WEBHOOKS has no endpoint ${name} with \`set\``);
  if (config.JWT_SIGNING_KEYS === undefined)
    throw new ConfigError('JWT_SIGNING_KEYS is not set. Set it to the keys of the gateway that sign tokens');
  const body = await verificationToken(name, endpoint.set, new SigningKeys(config.JWT_SIGNING_KEYS));
  const limits = { timeoutMs: config.WEBHOOK_TIMEOUT_MS, responseBytes: config.WEBHOOK_RESPONSE_BYTES };
  return new WebhookClient(http, limits).send({ id: name, body }, endpoint);
}
