import { CLOUD_EVENT_CONTENT_TYPE } from '@gatehouse/outbox';
import type { OutgoingResponse, RestrictedHttpClient } from '@gatehouse/platform';
import { z } from 'zod';
import { SET_CONTENT_TYPE } from './security-event.js';
import type { WebhookEndpoint } from './webhook.config.js';
import { signatureHeaders } from './webhook-signature.js';

/** How an endpoint has responded to an event. */
export type WebhookOutcome =
  | { readonly type: 'accepted' }
  /** The endpoint wants no more events (HTTP status 410). */
  | { readonly type: 'gone'; readonly reason: string }
  /** The endpoint has not accepted the event. `retryAfterS`: the seconds in its header `Retry-After`. */
  | { readonly type: 'failed'; readonly reason: string; readonly retryAfterS?: number | undefined };

interface Limits {
  readonly timeoutMs: number;
  readonly responseBytes: number;
}

/** An event in JSON, or as a Security Event Token, with its id. */
interface WebhookMessage {
  readonly id: string;
  readonly body: string;
}

const GONE = 410;

/**
 * Sends signed events, or Security Event Tokens, to webhook endpoints, with limits on time and size. Follows no
 * redirects.
 */
export class WebhookClient {
  constructor(
    private readonly http: RestrictedHttpClient,
    private readonly limits: Limits,
  ) {}

  /** Sends a signed event to an endpoint, and returns how it has responded. Never rejects. */
  async send(message: WebhookMessage, endpoint: WebhookEndpoint): Promise<WebhookOutcome> {
    const { url } = endpoint;
    const { body } = message;
    const headers = endpoint.set ? tokenHeaders(endpoint.set) : eventHeaders(message, endpoint);
    const signal = AbortSignal.timeout(this.limits.timeoutMs);
    try {
      const request = { method: 'POST', url, headers, body };
      return outcomeOf(await this.http.sendBounded(request, { maxBytes: this.limits.responseBytes, signal }));
    } catch (error) {
      const reason = signal.aborted ? `no answer within ${this.limits.timeoutMs} ms` : (error as Error).message;
      return { type: 'failed', reason };
    }
  }
}

function eventHeaders({ id, body }: WebhookMessage, { keys }: WebhookEndpoint): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1000);
  return { 'content-type': CLOUD_EVENT_CONTENT_TYPE, ...signatureHeaders({ id, timestamp, body }, keys) };
}

/** Returns the headers of a pushed Security Event Token (RFC 8935 §2.1). */
const tokenHeaders = ({ token }: NonNullable<WebhookEndpoint['set']>): Record<string, string> => ({
  ...{ 'content-type': SET_CONTENT_TYPE, accept: 'application/json' },
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
});

function outcomeOf({ status, headers, text }: OutgoingResponse): WebhookOutcome {
  if (status >= 200 && status < 300) return { type: 'accepted' };
  if (status === GONE) return { type: 'gone', reason: 'status 410' };
  const isRedirect = status >= 300 && status < 400;
  const detail = isRedirect ? 'redirects are not followed' : tokenErrorIn(text);
  const reason = `status ${status}${detail === undefined ? '' : `: ${detail}`}`;
  return { type: 'failed', reason, retryAfterS: secondsOf(headers['retry-after']) };
}

const tokenError = z.object({ err: z.string().regex(/^[a-z_]{1,64}$/) });

/**
 * Returns the error code of a receiver that refuses a Security Event Token (RFC 8935 §2.4); `undefined` if the body has
 * none.
 */
function tokenErrorIn(text: string): string | undefined {
  try {
    return tokenError.safeParse(JSON.parse(text)).data?.err;
  } catch {
    return undefined;
  }
}

/** Returns the seconds of a header `Retry-After`, which contains seconds or a date; `undefined` for any other value. */
export function secondsOf(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  // `Date.parse` would also read a text such as `-1` as a year, so only dates that end in GMT are parsed.
  const date = header.endsWith('GMT') ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
