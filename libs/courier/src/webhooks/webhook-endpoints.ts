import { ConfigError, RestrictedHttpClient } from '@gatehouse/platform';
import type { WebhookConfig, WebhookEndpoint } from './webhook.config.js';

/** The enabled endpoints of the setting `WEBHOOKS`, and the HTTP client for them. */
export interface WebhookEndpoints {
  readonly enabled: readonly WebhookEndpoint[];
  readonly http: RestrictedHttpClient;
  /** Returns the names of the endpoints to which events of an action are delivered. */
  readonly namesFor: (action: string) => readonly string[];
}

/**
 * Returns the enabled endpoints. Throws ConfigError if a URL must not be called, or if events would be deleted before
 * their deliveries are parked. The message names endpoints but no URLs, because a URL may contain a secret.
 */
export function webhookEndpointsOf(
  config: WebhookConfig & { readonly JWT_SIGNING_KEYS?: string | undefined },
  eventsKeptS: number,
): WebhookEndpoints {
  const http = new RestrictedHttpClient(config.WEBHOOK_HOSTS, 'webhook');
  const enabled = config.WEBHOOKS.filter((endpoint) => endpoint.enabled);
  for (const { name, url } of config.WEBHOOKS) {
    const problem = problemOf(url, http);
    if (problem !== undefined) throw new ConfigError(`WEBHOOKS: the URL of the endpoint ${name} ${problem}`);
  }
  if (enabled.length > 0 && eventsKeptS < config.WEBHOOK_MAX_AGE_S)
    throw new ConfigError(
      'EVENTS_KEPT_S is less than WEBHOOK_MAX_AGE_S: events would be deleted while they wait for a webhook endpoint',
    );
  if (config.JWT_SIGNING_KEYS === undefined && enabled.some(({ set }) => set))
    throw new ConfigError(
      'JWT_SIGNING_KEYS is missing: an endpoint of WEBHOOKS with `set` needs keys that sign its tokens',
    );
  const namesFor = (action: string) =>
    enabled.flatMap(({ name, actions }) => (actions === undefined || actions.has(action) ? [name] : []));
  return { enabled, http, namesFor };
}

function problemOf(url: URL, http: RestrictedHttpClient): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https://';
  if (url.username !== '' || url.password !== '') return 'must have no username and no password';
  if (url.hash !== '') return 'must have no fragment';
  if (!http.isAllowed(url)) return 'has a host that WEBHOOK_HOSTS does not allow';
  if (url.protocol === 'http:' && !http.names(url))
    return 'must begin with https://, or WEBHOOK_HOSTS must list its host';
  return undefined;
}
