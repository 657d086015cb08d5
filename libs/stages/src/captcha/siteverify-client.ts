import { ConcurrencyLimiter, RestrictedHttpClient } from '@gatehouse/platform';
import type { CaptchaConfig } from './captcha.config.js';
import { CircuitBreaker, CircuitOpenError } from './circuit-breaker.js';

/** A provider that cannot be asked: it is away, too slow, failing, or says what nobody understands. */
export class ProviderOutageError extends Error {}

/** A question that the provider does not accept, whatever the visitor did. */
export class RequestRejectedError extends Error {}

/** What is asked of a provider. */
export interface SiteverifyRequest {
  readonly address: string;
  readonly form: Readonly<Record<string, string>>;
  /** Whether somebody still waits for the answer. */
  readonly stillWanted: () => boolean;
}

/** What a provider answered. */
export type SiteverifyResponse = Readonly<Record<string, unknown>>;

/** Bytes of an answer that are read. */
export const MAX_ANSWER_BYTES = 16 * 1024;

const HEADERS = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };

/** Waiting is not worth it: a visitor can send the token again. */
const QUEUE = 0;

/** Providers of puzzles, by the protocol that all of them call siteverify; one that hangs costs the others nothing. */
export class SiteverifyClient {
  private readonly providers = new Map<
    string,
    { readonly breaker: CircuitBreaker; readonly bound: ConcurrencyLimiter }
  >();
  private readonly web: RestrictedHttpClient;

  constructor(private readonly limits: CaptchaConfig) {
    this.web = new RestrictedHttpClient(limits.CAPTCHA_HOSTS);
  }

  /** Whether a provider has failed so often that it is not asked for now. */
  isOut(address: string): boolean {
    return !this.providerOf(address).breaker.closed;
  }

  /** Throws Outage and Unacceptable, and Busy when this provider has enough to do. */
  async judge({ address, form, stillWanted }: SiteverifyRequest): Promise<SiteverifyResponse> {
    if (!this.web.admits(new URL(address)))
      throw new RequestRejectedError(`${new URL(address).hostname} may not be asked: see CAPTCHA_HOSTS`);
    const { breaker, bound } = this.providerOf(address);
    const asked = await bound
      .run(() => breaker.run(() => this.ask(address, form)), stillWanted)
      .catch((error: unknown) => {
        throw error instanceof CircuitOpenError
          ? new ProviderOutageError('the provider is left alone for a while')
          : error;
      });
    // Said here, because it is no failure of the provider: whoever sends nonsense must not switch it off for all.
    if (asked instanceof RequestRejectedError) throw asked;
    return asked;
  }

  private providerOf(address: string) {
    const known = this.providers.get(address);
    if (known) return known;
    const { CAPTCHA_OUTAGE_FAILURES: failures, CAPTCHA_OUTAGE_S, CAPTCHA_CONCURRENCY } = this.limits;
    const provider = {
      breaker: new CircuitBreaker({ failures, pauseMs: CAPTCHA_OUTAGE_S * 1000 }),
      bound: new ConcurrencyLimiter(CAPTCHA_CONCURRENCY, QUEUE),
    };
    this.providers.set(address, provider);
    return provider;
  }

  private async ask(
    address: string,
    form: SiteverifyRequest['form'],
  ): Promise<SiteverifyResponse | RequestRejectedError> {
    try {
      const signal = AbortSignal.timeout(this.limits.CAPTCHA_TIMEOUT_MS);
      const question = { method: 'POST', url: new URL(address), headers: HEADERS, body: encoded(form) };
      const { status, text } = await this.web.send(question, { maxBytes: MAX_ANSWER_BYTES, signal });
      if (isRefusal(status)) return new RequestRejectedError(`the provider answers ${status}`);
      if (!isAnswer(status)) throw new Error(`the provider answers ${status}`);
      return verdictOf(text);
    } catch (cause) {
      throw new ProviderOutageError('the provider cannot be asked', { cause });
    }
  }
}

const encoded = (form: SiteverifyRequest['form']) => new URLSearchParams(form).toString();

const isAnswer = (status: number) => status >= 200 && status < 300;

/** 408 and 429 say that the provider has no time, and so are no judgement. */
const isRefusal = (status: number) => status >= 400 && status < 500 && status !== 408 && status !== 429;

function verdictOf(text: string): SiteverifyResponse {
  const verdict: unknown = JSON.parse(text);
  if (typeof verdict === 'object' && verdict !== null && !Array.isArray(verdict)) return verdict as SiteverifyResponse;
  throw new Error('the answer is no JSON object');
}
