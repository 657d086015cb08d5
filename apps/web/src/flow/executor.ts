import {
  type Reply as ClientReply,
  executorPath,
  type Interruption,
  interruptionOf,
  NO_REPLY,
  type Refusal,
  readReply,
  STEP_HEADER,
} from '@gatehouse/client';
import type { Challenge, FlowPageData, PreviewPageData } from '../page.js';
import { callApi } from './api.js';
import { withoutLink } from './mailed-link.js';
import type { FormAnswer } from './page.context.js';

/** The result of a request to the executor. A refusal is shown as a flow error. */
export type Reply = Exclude<ClientReply, Refusal> | { readonly kind: 'refused'; readonly challenge: Challenge };

/**
 * The result of an answer, and the id of the answered step. With `interruption`, it is unknown whether the answer was
 * processed.
 */
export type AnswerReply = Reply & {
  readonly interruption?: Interruption | undefined;
  readonly answered?: string | undefined;
};

/** A client of the flow executor API. */
export class ExecutorClient {
  private readonly addressFor: (search: string) => string;
  /** Id of the step in the newest response. The next answer contains this id. */
  private step: string | undefined;
  private requests = 0;
  /** The state of a preview, which its next request sends back. Undefined unless the page is a preview. */
  private previewState: string | undefined;
  private readonly isPreview: boolean;
  /** Token of a mailed link of a preview, which the next request follows. */
  private followed: string | undefined;

  constructor(
    { slug, cross_site, step, preview }: FlowPageData,
    private search: string,
  ) {
    this.step = step?.value;
    this.isPreview = preview !== undefined;
    this.previewState = preview?.state;
    this.addressFor = (query) =>
      preview
        ? `/api/v3/flows/previews/${preview.link}/`
        : executorPath(slug, cross_site ? withCrossSite(query) : query);
  }

  /** Fetches the current challenge. */
  async show(): Promise<Reply> {
    return pageReply(await this.request(this.isPreview ? { body: this.previewBody() } : {}));
  }

  /** Sends an answer to the challenge. Returns the executor's reply, such as the next challenge. */
  async solve(answer: FormAnswer): Promise<AnswerReply> {
    const answered = this.step;
    const reply = await this.request({ body: this.isPreview ? this.previewBody(answer) : JSON.stringify(answer) });
    return { ...pageReply(reply), interruption: interruptionOf(reply), answered };
  }

  /** Omits the token of a mailed link from the next requests. */
  dropLinkToken(): void {
    this.search = withoutLink(this.search);
  }

  /** Lets the next request of a preview follow a mailed link. */
  follow(token: string): void {
    this.followed = token;
  }

  private previewBody(answer?: FormAnswer): string {
    const flow_token = this.followed;
    this.followed = undefined;
    return JSON.stringify({ state: this.previewState, answer, flow_token });
  }

  private async request(init: { body?: string }): Promise<ClientReply> {
    const request = ++this.requests;
    const headers = init.body === undefined || this.step === undefined ? {} : { [STEP_HEADER]: this.step };
    try {
      const reply = await readReply(await callApi(this.addressFor(this.search), { ...init, headers }));
      // The response to an older request may arrive later, and have the id of a step that has passed.
      if (reply.kind === 'challenge' && request === this.requests) this.step = reply.step;
      if (this.isPreview && reply.kind === 'challenge') this.previewState = previewOf(reply.challenge)?.state;
      return reply;
    } catch {
      return NO_REPLY;
    }
  }
}

/** Returns the state and the notes of a preview that a challenge has. */
export const previewOf = (challenge: object): Pick<PreviewPageData, 'state' | 'notes'> | undefined =>
  'preview' in challenge ? (challenge.preview as Pick<PreviewPageData, 'state' | 'notes'>) : undefined;

/**
 * Adds `cross_site=1` to a URL, so that the gateway gives the run the cross-site mark. A page that another site opened
 * sends the parameter with every request, so that a new run after an expired one is marked too.
 */
export const withCrossSite = (address: string) => `${address}${address.includes('?') ? '&' : '?'}cross_site=1`;

/** Converts the reply of the client: a refusal becomes a flow error challenge. */
function pageReply(reply: ClientReply): Reply {
  if (reply.kind !== 'refused') return reply;
  const { status, code: reason, message: error, requestId: request_id } = reply;
  return { kind: 'refused', challenge: { component: 'ak-stage-flow-error', request_id, error, reason, status } };
}
