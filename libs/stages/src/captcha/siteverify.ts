import { Bounded } from '@gatehouse/platform';
import { Breaker, Out } from './breaker.js';
import type { CaptchaConfig } from './captcha.config.js';

/** A provider that cannot be asked: it is away, too slow, failing, or says what nobody understands. */
export class Outage extends Error {}

/** A question that the provider does not accept, whatever the visitor did. */
export class Unacceptable extends Error {}

/** What is asked of a provider. */
export interface Question {
  readonly address: string;
  readonly form: Readonly<Record<string, string>>;
  /** Whether somebody still waits for the answer. */
  readonly stillWanted: () => boolean;
}

/** What a provider answered. */
export type Verdict = Readonly<Record<string, unknown>>;

/** Bytes of an answer that are read. */
export const MAX_ANSWER_BYTES = 16 * 1024;

/** Waiting is not worth it: a visitor can send the token again. */
const QUEUE = 0;

/** Providers of puzzles, by the protocol that all of them call siteverify; one that hangs costs the others nothing. */
export class Siteverify {
  private readonly providers = new Map<string, { readonly breaker: Breaker; readonly bound: Bounded }>();
  private readonly hosts: ReadonlySet<string>;

  constructor(private readonly limits: CaptchaConfig) {
    this.hosts = new Set(
      limits.CAPTCHA_HOSTS.split(',')
        .map((host) => host.trim())
        .filter(Boolean),
    );
  }

  /** Whether a provider has failed so often that it is not asked for now. */
  isOut(address: string): boolean {
    return !this.providerOf(address).breaker.closed;
  }

  /** Throws Outage and Unacceptable, and Busy when this provider has enough to do. */
  async judge({ address, form, stillWanted }: Question): Promise<Verdict> {
    if (!this.isAllowed(address)) throw new Unacceptable(`${new URL(address).hostname} is not in CAPTCHA_HOSTS`);
    const { breaker, bound } = this.providerOf(address);
    const asked = await bound
      .run(() => breaker.run(() => this.ask(address, form)), stillWanted)
      .catch((error: unknown) => {
        throw error instanceof Out ? new Outage('the provider is left alone for a while') : error;
      });
    // Said here, because it is no failure of the provider: whoever sends nonsense must not switch it off for all.
    if (asked instanceof Unacceptable) throw asked;
    return asked;
  }

  private isAllowed(address: string): boolean {
    return this.hosts.size === 0 || this.hosts.has(new URL(address).hostname);
  }

  private providerOf(address: string) {
    const known = this.providers.get(address);
    if (known) return known;
    const { CAPTCHA_OUTAGE_FAILURES: failures, CAPTCHA_OUTAGE_S, CAPTCHA_CONCURRENCY } = this.limits;
    const provider = {
      breaker: new Breaker({ failures, pauseMs: CAPTCHA_OUTAGE_S * 1000 }),
      bound: new Bounded(CAPTCHA_CONCURRENCY, QUEUE),
    };
    this.providers.set(address, provider);
    return provider;
  }

  private async ask(address: string, form: Question['form']): Promise<Verdict | Unacceptable> {
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers: { 'user-agent': 'gatehouse', accept: 'application/json' },
        body: new URLSearchParams(form),
        redirect: 'error',
        signal: AbortSignal.timeout(this.limits.CAPTCHA_TIMEOUT_MS),
      });
      const text = await readText(response);
      if (isRefusal(response.status)) return new Unacceptable(`the provider answers ${response.status}`);
      if (!response.ok) throw new Error(`the provider answers ${response.status}`);
      return verdictOf(text);
    } catch (cause) {
      throw new Outage('the provider cannot be asked', { cause });
    }
  }
}

/** 408 and 429 say that the provider has no time, and so are no judgement. */
const isRefusal = (status: number) => status >= 400 && status < 500 && status !== 408 && status !== 429;

async function readText({ body }: Response): Promise<string> {
  const read: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    read.push(chunk);
  }
  return Buffer.concat(read).toString();
}

function verdictOf(text: string): Verdict {
  const verdict: unknown = JSON.parse(text);
  if (typeof verdict === 'object' && verdict !== null && !Array.isArray(verdict)) return verdict as Verdict;
  throw new Error('the answer is no JSON object');
}
