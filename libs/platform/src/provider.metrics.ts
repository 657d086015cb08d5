import { histogram } from './metrics.js';

/** External services to which a process sends requests. */
export type Provider = 'breached_passwords' | 'captcha' | 'duo' | 'expression' | 'sms' | 'source' | 'webhook';

const seconds = histogram({
  name: 'gatehouse_provider_seconds',
  question: 'slow',
  processes: 'captcha, courier, enrollment, identification, mfa, policy',
  help: 'Durations of HTTP requests to providers outside of Gatehouse, until the response has arrived',
  labels: {
    provider:
      '`breached_passwords`: the list of breached passwords; `captcha`; `duo`; `expression`: hosts of expression policies; `sms`; `source`: a provider of logins; `webhook`',
    outcome: '`ok`: status below 400; `refused`: 4xx; `fault`: 5xx; `failed`: no response, or none in time',
  },
});

/** Sends a request to an external service, measures its duration, and returns the response. */
export async function measureProvider<R extends { readonly status: number }>(
  provider: Provider,
  send: () => Promise<R>,
): Promise<R> {
  const startedAt = performance.now();
  let outcome = 'failed';
  try {
    const response = await send();
    outcome = outcomeOf(response.status);
    return response;
  } finally {
    seconds.observe({ provider, outcome }, (performance.now() - startedAt) / 1000);
  }
}

const outcomeOf = (status: number) => (status >= 500 ? 'fault' : status >= 400 ? 'refused' : 'ok');
