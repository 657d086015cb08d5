import type { UnavailableReason } from './types.js';

/** Number of consecutive failures after which requests are not repeated any more. */
export const MAX_RETRIES = 6;

/** Longest pause before a request is repeated, in seconds. */
export const MAX_WAIT_S = 30;

/** A request that got no reply. */
export interface Failure {
  readonly reason: UnavailableReason;
  readonly retryAfterS: number;
  /** Number of failures in a row, this one included. */
  readonly failures: number;
}

/**
 * Returns the pause before a request is repeated, in seconds: the maximum of Retry-After and an exponential back-off.
 */
export const retryDelayS = ({ retryAfterS, failures }: Omit<Failure, 'reason'>): number =>
  Math.min(MAX_WAIT_S, Math.max(retryAfterS, 2 ** (failures - 1)));

/**
 * Returns whether a request may be repeated without asking the visitor. If a rate limit lasts longer than `MAX_WAIT_S`,
 * the visitor must decide whether to wait.
 */
export const mayRetry = ({ reason, retryAfterS, failures }: Failure, retries: number = MAX_RETRIES): boolean =>
  failures <= retries && !(reason === 'limited' && retryAfterS > MAX_WAIT_S);

/** Resolves after some seconds. Rejects with the reason of `signal` when it is aborted. */
export const pause = (seconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, seconds * 1000);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
