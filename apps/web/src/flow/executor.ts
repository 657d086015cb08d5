import type { Challenge, FlowPageData } from '../page.js';
import { callApi, executorAddress } from './api.js';
import type { FormAnswer } from './page.context.js';

/** What came of a request to the executor. */
export type Reply =
  | { readonly kind: 'challenge'; readonly challenge: Challenge; readonly run: string | undefined }
  | { readonly kind: 'away'; readonly retryAfterS: number; readonly why: 'service' | 'network' }
  | { readonly kind: 'refused'; readonly challenge: Challenge };

/** The executor of the page's flow, as every client of the API speaks to it. */
export class ExecutorClient {
  private readonly address: string;

  constructor({ slug, cross_site }: FlowPageData, search: string) {
    this.address = executorAddress(slug, cross_site ? withCrossSite(search) : search);
  }

  /** The current challenge. */
  show(): Promise<Reply> {
    return this.ask(undefined);
  }

  /** What follows an answer. */
  solve(answer: FormAnswer): Promise<Reply> {
    return this.ask(JSON.stringify(answer));
  }

  private async ask(body: string | undefined): Promise<Reply> {
    try {
      return await replyOf(await callApi(this.address, body === undefined ? {} : { body }));
    } catch {
      // Nobody answered, or what did was no answer of ours: both look like a line that is down.
      return { kind: 'away', retryAfterS: 2, why: 'network' };
    }
  }
}

/** The gateway is told with each request, because a run that is over by then begins again. */
export const withCrossSite = (address: string) => `${address}${address.includes('?') ? '&' : '?'}cross_site=1`;

const UNAVAILABLE_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

async function replyOf(response: Response): Promise<Reply> {
  if (UNAVAILABLE_STATUSES.has(response.status)) {
    return { kind: 'away', retryAfterS: Number(response.headers.get('retry-after')) || 2, why: 'service' };
  }
  const body = (await response.json()) as Record<string, unknown>;
  if (response.ok || typeof body['component'] === 'string') {
    return {
      kind: 'challenge',
      challenge: body as Challenge,
      run: response.headers.get('x-gatehouse-run') ?? undefined,
    };
  }
  return { kind: 'refused', challenge: errorReply(response, body) };
}

/** A refusal that is none of the executor's, in its form. */
const errorReply = (
  { headers, status }: Response,
  { detail, non_field_errors }: Record<string, unknown>,
): Challenge => ({
  component: 'ak-stage-flow-error',
  request_id: headers.get('x-authentik-id') ?? '',
  error: String(detail ?? (non_field_errors as unknown[] | undefined)?.[0] ?? ''),
  status,
});
