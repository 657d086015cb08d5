import type { IncomingMessage } from 'node:http';
import type { BrandStore } from '@gatehouse/executor';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isCrossSite, pageAddress } from '../cross-site-request.js';
import { CSRF_FIELD } from '../csrf.js';
import { pageLanguageFor } from '../locale.js';
import type { HttpResponseBody } from '../problem.presenter.js';
import { sendPage } from './page.sender.js';
import { brandAppearance, type PageRenderer } from './page-renderer.js';

/** Paths whose clients are programs, even if a browser opens them: the API, the probes, and the checks of forward auth. */
const FOR_PROGRAMS = /^\/(?:api|-|outpost\.goauthentik\.io\/(?:auth|ping))(?:\/|$)/;

/** Returns whether a browser requests the address to show it as a page. */
export const isNavigation = ({
  method,
  url = '',
  headers,
}: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): boolean =>
  method === 'GET' && String(headers.accept ?? '').includes('text/html') && !FOR_PROGRAMS.test(url);

interface ProblemPageContext {
  readonly pages: Pick<PageRenderer, 'flow'>;
  /** Returns the source of the brands that pages show. */
  readonly brands: () => Pick<BrandStore, 'lastKnown'>;
}

/**
 * The page that a browser gets instead of the JSON of a problem, such as at an unknown address. Needs no query, so that
 * it costs little and works during an outage of the database.
 */
export class ProblemPage {
  constructor(private readonly context: ProblemPageContext) {}

  /** Sends the page. `code` is the code of the problem, from which the page chooses its text. */
  send(request: FastifyRequest, reply: FastifyReply, { status, headers = {}, body, code }: ProblemResponse): void {
    const brand = this.context.brands().lastKnown(request.host);
    const page = this.context.pages.flow({
      challenge: {
        component: 'ak-stage-flow-error',
        request_id: request.id,
        error: body['detail'] ?? body['non_field_errors'],
        reason: code,
      },
      brand: brandAppearance(brand),
      ...pageLanguageFor(request, { brand }),
      slug: '',
      address: pageAddress(request, isCrossSite(request)),
      // The token is empty, because the page has no form.
      token: { field: CSRF_FIELD, value: '' },
    });
    void sendPage(reply.status(status).headers(headers), page);
  }
}

type ProblemResponse = HttpResponseBody & { readonly code: string };
