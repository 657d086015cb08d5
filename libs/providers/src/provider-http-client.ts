import { BusyError, ConcurrencyLimiter, type OutgoingResponse, RestrictedHttpClient } from '@gatehouse/platform';
import type { ProvidersConfig } from './providers.config.js';

/** A provider that was not asked, or did not answer within bounds. */
export class ProviderUnreachableError extends Error {}

/** An address that no provider may have here. */
export class AddressNotAllowedError extends Error {}

/** One question to a provider. */
export interface ProviderRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Ends when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** Waiting is not worth it: whoever it is can press the button again. */
const QUEUE = 0;

const TOO_MANY = 429;
const SERVER_ERROR = 500;

/** Asks providers, each within bounds of time, size and number, and only where the operator lets it. */
export class ProviderHttpClient {
  private readonly web: RestrictedHttpClient;
  private readonly bounds = new Map<string, ConcurrencyLimiter>();

  constructor(private readonly limits: ProvidersConfig) {
    this.web = new RestrictedHttpClient(limits.SOURCE_HOSTS);
  }

  /** Whether a browser with a secret in its address, or a secret itself, may be sent there. */
  isTrusted(address: string): boolean {
    if (!URL.canParse(address)) return false;
    const url = new URL(address);
    return url.protocol === 'https:' || (url.protocol === 'http:' && this.web.names(url));
  }

  /** Throws Unreachable and Inadmissible. What a server in trouble says is no answer. */
  async ask(
    address: string,
    { method = 'GET', headers = {}, body, signal }: ProviderRequest,
  ): Promise<OutgoingResponse> {
    if (!this.isTrusted(address)) throw new AddressNotAllowedError(`${hostOf(address)} may not be asked without TLS`);
    const url = new URL(address);
    if (!this.web.isAllowed(url))
      throw new AddressNotAllowedError(`${url.hostname} may not be asked: see SOURCE_HOSTS`);
    const within = AbortSignal.any([signal, AbortSignal.timeout(this.limits.SOURCE_TIMEOUT_MS)]);
    const question = { method, url, headers, body };
    const bounds = { maxBytes: this.limits.SOURCE_ANSWER_BYTES, signal: within };
    const answer = await this.boundOf(url)
      .run(
        () => this.web.send(question, bounds),
        () => !signal.aborted,
      )
      .catch((cause: unknown) => {
        throw new ProviderUnreachableError(whyOf(url, within, cause), { cause });
      });
    if (answer.status === TOO_MANY || answer.status >= SERVER_ERROR)
      throw new ProviderUnreachableError(`${url.hostname} answers ${answer.status}`);
    return answer;
  }

  private boundOf({ host }: URL): ConcurrencyLimiter {
    const bound = this.bounds.get(host) ?? new ConcurrencyLimiter(this.limits.SOURCE_CONCURRENCY, QUEUE);
    this.bounds.set(host, bound);
    return bound;
  }
}

const hostOf = (address: string) => (URL.canParse(address) ? new URL(address).hostname : 'what is no address');

function whyOf({ hostname }: URL, { aborted }: AbortSignal, cause: unknown): string {
  if (cause instanceof BusyError) return `${hostname} is asked enough already`;
  if (aborted) return `${hostname} does not answer in time`;
  return `${hostname} cannot be asked: ${cause instanceof Error ? cause.message : 'for no reason that is known'}`;
}
