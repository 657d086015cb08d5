import { ConcurrencyLimiter, RestrictedHttpClient } from '@gatehouse/platform';
import type { CaptchaConfig } from './captcha.config.js';
import { CircuitBreaker, CircuitOpenError } from './circuit-breaker.js';

/** Thrown when a provider is unreachable, too slow, returns an error status, or sends an invalid response. */
export class ProviderOutageError extends Error {}

/**
 * Thrown when the provider rejects the request with a 4xx status, or when `CAPTCHA_HOSTS` does not allow the host of
 * the provider.
 */
export class RequestRejectedError extends Error {}

/** A request to verify a token. */
export interface SiteverifyRequest {
  readonly address: string;
  readonly form: Readonly<Record<string, string>>;
  /** Format in which the form is sent. */
  readonly contentType: 'application/x-www-form-urlencoded' | 'application/json';
  /** Returns whether the caller still waits for the result. If not, no request is sent. */
  readonly stillWanted: () => boolean;
}

/** The JSON object in the response of a provider. */
export type SiteverifyResponse = Readonly<Record<string, unknown>>;

/** Largest size of a response, in bytes. */
export const MAX_RESPONSE_BYTES = 16 * 1024;

/** Number of requests that may wait in the queue: none, because the visitor can send the token again. */
const QUEUE = 0;

/**
 * Client of the siteverify API of captcha providers. Each provider has its own limits, so that a slow provider does not
 * affect the others.
 */
export class SiteverifyClient {
  private readonly providers = new Map<
    string,
    { readonly breaker: CircuitBreaker; readonly limiter: ConcurrencyLimiter }
  >();
  private readonly http: RestrictedHttpClient;

  constructor(private readonly limits: CaptchaConfig) {
    this.http = new RestrictedHttpClient(limits.CAPTCHA_HOSTS, 'captcha');
  }

  /** Returns whether the circuit breaker of a provider is open. */
  isUnavailable(address: string): boolean {
    return !this.providerOf(address).breaker.closed;
  }

  /**
   * Sends a token to the provider and returns the provider's response. Throws `ProviderOutageError` or
   * `RequestRejectedError` if the provider gives no verdict, and `BusyError` when too many requests to this provider
   * are open.
   */
  async verify(request: SiteverifyRequest): Promise<SiteverifyResponse> {
    const { address, stillWanted } = request;
    if (!this.http.isAllowed(new URL(address)))
      throw new RequestRejectedError(`${new URL(address).hostname} is not an allowed host: see CAPTCHA_HOSTS`);
    const { breaker, limiter } = this.providerOf(address);
    const result = await limiter
      .run(() => breaker.run(() => this.send(request)), stillWanted)
      .catch((error: unknown) => {
        throw error instanceof CircuitOpenError
          ? new ProviderOutageError('the circuit breaker of the provider is open')
          : error;
      });
    // Thrown outside the breaker, so that a client that sends invalid tokens cannot open the breaker for all users.
    if (result instanceof RequestRejectedError) throw result;
    return result;
  }

  private providerOf(address: string) {
    const existing = this.providers.get(address);
    if (existing) return existing;
    const { CAPTCHA_OUTAGE_FAILURES: failures, CAPTCHA_OUTAGE_S, CAPTCHA_CONCURRENCY } = this.limits;
    const provider = {
      breaker: new CircuitBreaker({ failures, pauseMs: CAPTCHA_OUTAGE_S * 1000 }),
      limiter: new ConcurrencyLimiter(CAPTCHA_CONCURRENCY, QUEUE, 'captcha'),
    };
    this.providers.set(address, provider);
    return provider;
  }

  private async send({
    address,
    form,
    contentType,
  }: SiteverifyRequest): Promise<SiteverifyResponse | RequestRejectedError> {
    try {
      const headers = { accept: 'application/json', 'content-type': contentType };
      const body = contentType === 'application/json' ? JSON.stringify(form) : new URLSearchParams(form).toString();
      const signal = AbortSignal.timeout(this.limits.CAPTCHA_TIMEOUT_MS);
      const request = { method: 'POST', url: new URL(address), headers, body };
      const { status, text } = await this.http.send(request, { maxBytes: MAX_RESPONSE_BYTES, signal });
      if (isRejection(status)) return new RequestRejectedError(`the provider answered ${status}`);
      if (!isSuccess(status)) throw new Error(`the provider answered ${status}`);
      return parseResponse(text);
    } catch (cause) {
      throw new ProviderOutageError('the provider is unavailable', { cause });
    }
  }
}

const isSuccess = (status: number) => status >= 200 && status < 300;

/**
 * Returns whether the status means that the provider rejects the request. 408 and 429 mean an overloaded provider, so
 * they count as an outage.
 */
const isRejection = (status: number) => status >= 400 && status < 500 && status !== 408 && status !== 429;

function parseResponse(text: string): SiteverifyResponse {
  const response: unknown = JSON.parse(text);
  if (typeof response === 'object' && response !== null && !Array.isArray(response))
    return response as SiteverifyResponse;
  throw new Error('the response is not a JSON object');
}
