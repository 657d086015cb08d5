import { Problem } from '@gatehouse/contracts';
import { Logger } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { isFromTrustedProxy } from '../http/request-spans.js';

/** Milliseconds after which a cause is logged again. */
const LINE_EVERY_MS = 60_000;
/**
 * Largest number of causes that are logged in LINE_EVERY_MS. Clients can make up hosts, so the number of causes is
 * unbounded.
 */
export const MAX_CAUSES = 20;

/**
 * Logs why a request of a proxy was refused, because most proxies do not show the response of a check: one line a minute
 * for each cause.
 */
@Injectable()
export class ForwardRefusalLog {
  #causes = new Set<string>();
  #endsAt = Number.NEGATIVE_INFINITY;

  constructor(@Inject(Logger) private readonly logger: Pick<Logger, 'event'>) {}

  /** Returns what `answer` returns. Logs a problem that the configuration of the proxy can cause, and throws it again. */
  async watch<T>(request: FastifyRequest, answer: () => Promise<T>): Promise<T> {
    try {
      return await answer();
    } catch (error) {
      if (error instanceof Problem) this.report(error, request);
      throw error;
    }
  }

  /** Logs a problem unless its cause was logged within the last minute. `nowMs` is the time of a monotonic clock. */
  report({ code, detail }: Problem, request: FastifyRequest, nowMs = performance.now()): void {
    if (code !== 'forward_auth_invalid' && code !== 'not_found') return;
    const reason = isFromTrustedProxy(request) ? detail.text : untrusted(request);
    if (nowMs >= this.#endsAt) {
      this.#causes = new Set();
      this.#endsAt = nowMs + LINE_EVERY_MS;
    }
    if (this.#causes.has(reason) || this.#causes.size >= MAX_CAUSES) return;
    this.#causes.add(reason);
    this.logger.event('forward_check_refused', { request_id: request.id, reason });
  }
}

const untrusted = ({ headers, ip }: FastifyRequest): string =>
  headers['x-forwarded-for'] === undefined
    ? `The request from ${ip} has no X-Forwarded-For.`
    : `${ip} is not in TRUSTED_PROXIES.`;
