import type { IncomingMessage, ServerResponse } from 'node:http';
import { interpolate, Problem } from '@gatehouse/contracts';
import type { BrandStore } from '@gatehouse/executor';
import { chooseLocale } from '@gatehouse/texts';
import { REASON_HEADER } from '../../flows/reason.header.js';
import type { CorsPolicy } from '../cors.js';
import { isCrossSite, pageAddress } from '../cross-site-request.js';
import { CSRF_FIELD } from '../csrf.js';
import { chosenLocale } from '../locale.js';
import { contentSecurityPolicy } from '../pages/page.sender.js';
import { brandAppearance, type PageRenderer } from '../pages/page-renderer.js';
import { isNavigation } from '../pages/problem.page.js';
import { presentProblem } from '../problem.presenter.js';
import { parseInnerQuery } from '../query.js';
import type { StandardHeaders } from '../standard.headers.js';
import { flowOf, isFlowPage } from './priority.js';

export interface RefusalContext {
  readonly pages: Pick<PageRenderer, 'flow'>;
  /** Returns the source of the brands that pages show. */
  readonly brands: () => Pick<BrandStore, 'lastKnown'>;
  readonly cors: Pick<CorsPolicy, 'headersFor'>;
  /** Returns whether the process is stopping, so that connections must end. */
  readonly stopping: () => boolean;
}

const OVERLOADED = new Problem('overloaded');

/**
 * Value of the response header that tells clients that the request was not processed, so that they may send it again.
 * Other responses with 503 do not have this value.
 */
const REASON = 'error=overloaded';

/**
 * Writes the response to a refused request. A browser gets a page. At the URL of a flow, the page retries
 * automatically; at any other URL, it shows a link. Any other client gets the problem `overloaded`. Reads neither the
 * body of the request nor the database.
 */
export class RefusalWriter {
  constructor(
    private readonly headers: StandardHeaders,
    private readonly newRequestId: () => string,
    private readonly context: RefusalContext,
  ) {}

  /** `retryAfterS` replaces the problem's default of `Retry-After`. */
  write(request: IncomingMessage, response: ServerResponse, retryAfterS?: number): void {
    const problem = retryAfterS === undefined ? OVERLOADED : new Problem('overloaded', { retry_after_s: retryAfterS });
    const requestId = this.newRequestId();
    const presented = presentProblem(problem, { requestId, details: false, translate: interpolate });
    const { type, text, csp } = isFlowPage(request)
      ? this.page(request, presented.body, problem.retryAfterS)
      : isNavigation(request)
        ? this.page(request, presented.body)
        : { type: 'application/json; charset=utf-8', text: JSON.stringify(presented.body), csp: {} };
    response
      .writeHead(presented.status, {
        ...this.headers.forRequest(requestId),
        ...this.context.cors.headersFor(request),
        ...presented.headers,
        [REASON_HEADER]: REASON,
        ...csp,
        ...(this.context.stopping() ? { connection: 'close' } : {}),
        'content-type': type,
        'content-length': Buffer.byteLength(text),
      })
      .end(text);
  }

  private page(request: IncomingMessage, body: object, retry_after_s?: number) {
    const { headers, url = '' } = request;
    const brand = this.context.brands().lastKnown(headers.host ?? '');
    const crossSite = isCrossSite({ headers, query: parseInnerQuery(url.split('?').slice(1).join('?')) });
    const page = this.context.pages.flow({
      challenge: body as Parameters<PageRenderer['flow']>[0]['challenge'],
      brand: brandAppearance(brand),
      locale: chooseLocale(headers['accept-language'], chosenLocale(headers), brand.locale),
      slug: flowOf(request) ?? '',
      address: pageAddress({ url }, crossSite),
      cross_site: crossSite || undefined,
      // The token is empty: the page has no form, and its script sends the value of the CSRF cookie.
      token: { field: CSRF_FIELD, value: '' },
      retry_after_s,
    });
    const csp = { 'content-security-policy': contentSecurityPolicy(page) };
    return { type: 'text/html; charset=utf-8', text: page.html, csp };
  }
}
