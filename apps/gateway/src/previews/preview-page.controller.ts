import { Problem } from '@gatehouse/contracts';
import { BrandStore } from '@gatehouse/executor';
import { translator } from '@gatehouse/texts';
import type { FlowPageData } from '@gatehouse/web';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FlowRequestReader } from '../flows/flow-request.reader.js';
import { AllowAnonymous } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { CSRF_FIELD, ensureCsrfToken } from '../http/csrf.js';
import type { HttpExchange } from '../http/exchange.js';
import { pageLanguageFor } from '../http/locale.js';
import { sendPage } from '../http/pages/page.sender.js';
import { brandAppearance, PageRenderer } from '../http/pages/page-renderer.js';
import { type HttpResponseBody, presentProblem } from '../http/problem.presenter.js';
import { AvatarService } from '../users/avatars/avatar.service.js';
import { presentPreview } from './preview.presenter.js';
import { PreviewService } from './preview.service.js';

type PagePreview = NonNullable<FlowPageData['preview']>;

/** A challenge or problem to draw, with the preview that it belongs to. */
interface DrawnStep extends HttpResponseBody {
  readonly slug: string;
  readonly preview?: PagePreview;
}

/** The page of a preview. It needs scripts, because only the page keeps the state of the run. */
@AllowAnonymous()
@Controller('/if/preview')
export class PreviewPageController {
  constructor(
    @Inject(PreviewService) private readonly previews: PreviewService,
    @Inject(FlowRequestReader) private readonly reader: FlowRequestReader,
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(PageRenderer) private readonly pages: PageRenderer,
    @Inject(BrandStore) private readonly brands: BrandStore,
  ) {}

  /** Starts a run of the link's flow version, and shows its first step or why the link is refused. */
  @Get(':link/')
  async show(@Param('link') link: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const exchange = { request, reply };
    return this.draw(exchange, await this.startOf(link, exchange));
  }

  private async startOf(link: string, exchange: HttpExchange): Promise<DrawnStep> {
    try {
      const { principal } = exchange.request;
      if (!principal) throw new Problem('not_authenticated');
      return await this.start(link, exchange, principal);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { request } = exchange;
      const { locale } = pageLanguageFor(request, { user: request.principal?.user });
      return {
        ...presentProblem(error, { requestId: request.id, details: false, translate: translator(locale) }),
        slug: '',
      };
    }
  }

  private async start(link: string, exchange: HttpExchange, principal: Principal): Promise<DrawnStep> {
    const { request } = exchange;
    const opened = await this.previews.open(link, principal);
    const { slug, user } = opened.preview;
    const params = { slug, query: {}, answer: undefined, crossSite: undefined };
    const step = await this.previews.start(opened, principal, await this.reader.read(exchange, params));
    const { locale } = pageLanguageFor(request, { user: principal.user, brand: step.response.brand });
    const presented = presentPreview(step.response, {
      view: 'complete',
      ...{ requestId: request.id, avatars: this.avatars, locale },
    });
    const { number: version } = opened.link;
    return {
      ...presented,
      slug,
      preview: { link, version, user: user.username, state: step.state, notes: step.notes },
    };
  }

  private async draw({ request, reply }: HttpExchange, { status, headers = {}, body, slug, preview }: DrawnStep) {
    const brand = await this.brands.find(request.host);
    const page = this.pages.flow({
      challenge: challengeOf(body, request.id),
      brand: brandAppearance(brand),
      ...pageLanguageFor(request, { user: request.principal?.user, brand }),
      slug,
      address: request.url,
      token: { field: CSRF_FIELD, value: ensureCsrfToken(request, reply) },
      preview,
    });
    return sendPage(reply.status(status).headers(headers), page);
  }
}

/** Returns the challenge of a response, or a problem in the form of a challenge. */
const challengeOf = (body: HttpResponseBody['body'], requestId: string): FlowPageData['challenge'] =>
  'component' in body
    ? (body as FlowPageData['challenge'])
    : { component: 'ak-stage-flow-error', request_id: requestId, error: body['detail'], reason: body['code'] };
