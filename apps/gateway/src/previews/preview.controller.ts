import { Body, Controller, HttpCode, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { challengeTypes } from '../flows/executor.dto.js';
import { FlowRequestReader } from '../flows/flow-request.reader.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { viewFor } from '../http/api-view.js';
import { CurrentPrincipal } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { CsrfGuard } from '../http/auth/csrf.guard.js';
import { SuperuserGuard } from '../http/auth/superuser.guard.js';
import { localeFor } from '../http/locale.js';
import { ApiEndpoint, genericError } from '../http/openapi/api-endpoint.decorator.js';
import { ZodBodyPipe } from '../http/zod-body.pipe.js';
import { AvatarService } from '../users/avatars/avatar.service.js';
import { presentPreview } from './preview.presenter.js';
import { PreviewService } from './preview.service.js';

/** Largest length of the token of a mailed link, in characters. */
const MAX_FLOW_TOKEN = 255;

/**
 * A request of the page of a preview. Without a state, it starts a run; without an answer, it shows the challenge.
 * `flow_token` is the token of a link in a mail of the run, and continues the run as the link would.
 */
const previewRequest = z
  .object({
    state: z.string().optional(),
    answer: z.record(z.string(), z.unknown()).optional(),
    flow_token: z.string().max(MAX_FLOW_TOKEN).optional(),
  })
  .meta({ id: 'FlowPreviewRequest' });
type PreviewRequest = z.output<typeof previewRequest>;

/** The requests of a preview's page (docs/spec/preview.md). */
@Controller('/api/v3/flows/previews')
export class PreviewController {
  constructor(
    @Inject(PreviewService) private readonly previews: PreviewService,
    @Inject(FlowRequestReader) private readonly reader: FlowRequestReader,
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @ApiEndpoint({
    id: 'flows_previews_run',
    description:
      'Runs the flow version of a preview link as its test user, for a superuser. Nobody is logged in and nothing is sent: the member `preview` of the challenge lists what would have happened, and has the state for the next request.',
    tag: 'flows',
    body: previewRequest,
    answers: { 200: challengeTypes, 403: genericError },
  })
  @Post(':link/')
  @HttpCode(200)
  @UseGuards(CsrfGuard, SuperuserGuard)
  async run(
    @Param('link') link: string,
    @Body(new ZodBodyPipe(previewRequest)) { state, answer, flow_token: token }: PreviewRequest,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const opened = await this.previews.open(link, principal);
    const submitted = state !== undefined && answer ? { body: answer, csrfFailure: undefined } : undefined;
    const query = state !== undefined && token !== undefined ? { flow_token: token } : {};
    const params = { slug: opened.preview.slug, query, answer: submitted, crossSite: undefined };
    const flowRequest = await this.reader.read({ request, reply }, params);
    const step =
      state === undefined
        ? await this.previews.start(opened, principal, flowRequest)
        : await this.previews.continue(opened, state, flowRequest);
    const locale = localeFor(request, { user: principal.user, brand: step.response.brand });
    const view = viewFor(request, this.config);
    const presented = presentPreview(step.response, { requestId: request.id, avatars: this.avatars, locale, view });
    void reply.status(presented.status).headers(presented.headers ?? {});
    return { ...presented.body, preview: { state: step.state, notes: step.notes } };
  }
}
