import { BusyError, ConcurrencyLimiter, type OutgoingResponse, RestrictedHttpClient } from '@gatehouse/platform';
import type { ProvidersConfig } from './providers.config.js';

/** Thrown when a provider does not respond within the limits, or responds with status 429 or 5xx. */
export class ProviderUnreachableError extends Error {}

/** Thrown when the operator's settings do not allow an address. */
export class AddressNotAllowedError extends Error {}

/** A request to a provider. */
export interface ProviderRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Aborted when the visitor no longer waits for the result. */
  readonly signal: AbortSignal;
}

/** Number of requests to a host that may wait for a free slot: none, because the visitor can retry the login. */
const MAX_QUEUED = 0;

const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

/** Sends requests to the hosts that SOURCE_HOSTS allows, with limits on time, size and concurrency. */
export class ProviderHttpClient {
  private readonly http: RestrictedHttpClient;
  private readonly limiters = new Map<string, ConcurrencyLimiter>();

  constructor(private readonly limits: ProvidersConfig) {
    this.http = new RestrictedHttpClient(limits.SOURCE_HOSTS, 'source');
  }

  /** Returns whether secrets may be sent to an address: it uses TLS, or SOURCE_HOSTS lists its host by name. */
  isTrusted(address: string): boolean {
    if (!URL.canParse(address)) return false;
    const url = new URL(address);
    return url.protocol === 'https:' || (url.protocol === 'http:' && this.http.names(url));
  }

  /**
   * Returns the response to a request. Throws `ProviderUnreachableError` if the host does not respond, or responds with
   * status 429 or 5xx. Throws `AddressNotAllowedError` for a host that SOURCE_HOSTS excludes, or an address without
   * TLS.
   */
  async request(
    address: string,
    { method = 'GET', headers = {}, body, signal }: ProviderRequest,
  ): Promise<OutgoingResponse> {
    if (!this.isTrusted(address))
      throw new AddressNotAllowedError(
        `${hostOf(address)} is not allowed without TLS. Use an https URL, or list the host in SOURCE_HOSTS`,
      );
    const url = new URL(address);
    if (!this.http.isAllowed(url))
      throw new AddressNotAllowedError(`${url.hostname} is not allowed: SOURCE_HOSTS does not list it`);
    const requestSignal = AbortSignal.any([signal, AbortSignal.timeout(this.limits.SOURCE_TIMEOUT_MS)]);
    const request = { method, url, headers, body };
    const limits = { maxBytes: this.limits.SOURCE_ANSWER_BYTES, signal: requestSignal };
    const response = await this.limiterFor(url)
      .run(
        () => this.http.send(request, limits),
        () => !signal.aborted,
      )
      .catch((cause: unknown) => {
        throw new ProviderUnreachableError(failureMessage(url, requestSignal, cause), { cause });
      });
    if (response.status === TOO_MANY_REQUESTS || response.status >= SERVER_ERROR)
      throw new ProviderUnreachableError(`${url.hostname} responded with status ${response.status}`);
    return response;
  }

  private limiterFor({ host }: URL): ConcurrencyLimiter {
    const limiter =
      this.limiters.get(host) ?? new ConcurrencyLimiter(this.limits.SOURCE_CONCURRENCY, MAX_QUEUED, 'source');
    this.limiters.set(host, limiter);
    return limiter;
  }
}

/**
 * Returns whether a token can be sent in a header. Node.js fails on other characters, with an error that quotes the
 * token or looks like a failure of the provider.
 */
export const isHeaderText = (token: string): boolean => /^[ -~]+$/.test(token);

const hostOf = (address: string) => (URL.canParse(address) ? new URL(address).hostname : 'an invalid address');

function failureMessage({ hostname }: URL, { aborted }: AbortSignal, cause: unknown): string {
  if (cause instanceof BusyError) return `${hostname} has too many requests in flight and waiting (SOURCE_CONCURRENCY)`;
  if (aborted) return `${hostname} timed out`;
  return `${hostname} is unreachable: ${cause instanceof Error ? cause.message : 'unknown error'}`;
}
