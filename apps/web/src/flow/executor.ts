import { withReasons } from '../challenges/reasons.js';
import type { Challenge, FlowPageData } from '../page.js';
import { callApi, executorAddress } from './api.js';
import type { FormAnswer } from './page.context.js';

/** Why the executor gave no answer: an outage, no connection, or a rate limit. */
export type UnavailableReason = 'service' | 'network' | 'limited';

/** The result of a request to the executor. */
export type Reply =
  | { readonly kind: 'challenge'; readonly challenge: Challenge; readonly run: string | undefined }
  | { readonly kind: 'unavailable'; readonly retryAfterS: number; readonly reason: UnavailableReason }
  | { readonly kind: 'refused'; readonly challenge: Challenge };

/** A client of the flow executor API. */
export class ExecutorClient {
  private readonly address: string;

  constructor({ slug, cross_site }: FlowPageData, search: string) {
    this.address = executorAddress(slug, cross_site ? withCrossSite(search) : search);
  }

  /** Fetches the current challenge. */
  show(): Promise<Reply> {
    return this.request(undefined);
  }

  /** Sends an answer to the challenge. Returns the executor's reply, such as the next challenge. */
  solve(answer: FormAnswer): Promise<Reply> {
    return this.request(JSON.stringify(answer));
  }

  private async request(body: string | undefined): Promise<Reply> {
    try {
      return await replyOf(await callApi(this.address, body === undefined ? {} : { body }));
    } catch {
      // A network error, or a response that is not JSON (such as a captive portal), counts as a lost connection.
      return { kind: 'unavailable', retryAfterS: 2, reason: 'network' };
    }
  }
}

/**
 * Adds `cross_site=1` to a URL, so that the gateway gives the run the cross-site mark. A page that another site opened
 * sends it with every request, so that a run that starts again after it expired is marked too.
 */
export const withCrossSite = (address: string) => `${address}${address.includes('?') ? '&' : '?'}cross_site=1`;

const UNAVAILABLE_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

async function replyOf(response: Response): Promise<Reply> {
  if (UNAVAILABLE_STATUSES.has(response.status)) {
    const retryAfterS = Number(response.headers.get('retry-after')) || 2;
    return { kind: 'unavailable', retryAfterS, reason: response.status === 429 ? 'limited' : 'service' };
  }
  const body = (await response.json()) as Record<string, unknown>;
  if (response.ok || typeof body['component'] === 'string') {
    return {
      kind: 'challenge',
      challenge: withReasons(body as Challenge, response.headers.get('x-gatehouse-reason')),
      run: response.headers.get('x-gatehouse-run') ?? undefined,
    };
  }
  return { kind: 'refused', challenge: errorReply(response, body) };
}

/** Converts an error of the gateway to a flow error challenge. */
const errorReply = (
  { headers, status }: Response,
  { detail, non_field_errors, code }: Record<string, unknown>,
): Challenge => ({
  component: 'ak-stage-flow-error',
  request_id: headers.get('x-authentik-id') ?? '',
  error: String(detail ?? (non_field_errors as unknown[] | undefined)?.[0] ?? ''),
  reason: code,
  status,
});
