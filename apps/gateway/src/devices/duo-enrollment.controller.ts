import { Problem } from '@gatehouse/contracts';
import { FlowStore, PlanStore } from '@gatehouse/executor';
import { Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { FlowService } from '../flows/flow.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AllowAnonymous } from '../http/auth/auth.guard.js';
import { apiCsrfFailure, crossSiteFailure } from '../http/csrf.js';
import type { HttpExchange } from '../http/exchange.js';
import { ApiEndpoint, genericError } from '../http/openapi/api-endpoint.decorator.js';
import { SessionCookieService } from '../http/session-cookie.service.js';

const status = z
  .object({ duo_response: z.enum(['success', 'waiting', 'invalid']) })
  .meta({ id: 'DuoDeviceEnrollmentStatus', description: 'The status of the pairing of a phone with Duo.' });
type Status = z.output<typeof status>;

/** HTTP status of the response if the session has not begun a pairing at the stage. */
const NO_ENROLMENT = 400;
const COMPONENT = 'ak-stage-authenticator-duo';

/**
 * The status of a pairing with Duo, which pages poll (docs/spec/mfa.md#duo-status). Passes a `poll` answer to the
 * executor, which authenticates the request. The answer does not change the plan.
 */
@AllowAnonymous()
@Controller('/api/v3/stages/authenticator/duo')
export class DuoEnrollmentController {
  constructor(
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(PlanStore) private readonly plans: PlanStore,
    @Inject(FlowService) private readonly flowService: FlowService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(SessionCookieService) private readonly cookies: SessionCookieService,
  ) {}

  @ApiEndpoint({
    id: 'stages_authenticator_duo_enrollment_status_create',
    description: 'Returns the status of the Duo pairing that the session has started at the stage.',
    tag: 'stages',
    anonymous: true,
    answers: { 200: status, 400: null, 404: genericError },
  })
  @Post(':stage_uuid/enrollment_status/')
  @HttpCode(200)
  async status(
    @Param('stage_uuid') stage: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Status | undefined> {
    const slugs = z.uuid().safeParse(stage).success ? await this.flows.listFlowsUsing(stage.toLowerCase()) : [];
    if (slugs.length === 0) throw new Problem('not_found');
    const slug = await this.findRunningFlow(slugs, stage.toLowerCase(), await this.cookies.keyOf(request));
    const pairing = slug === undefined ? undefined : await this.poll({ request, reply }, slug);
    if (!pairing) void reply.status(NO_ENROLMENT);
    return pairing;
  }

  /** Returns the flow of this session whose current challenge shows the pairing of the stage. */
  private async findRunningFlow(slugs: readonly string[], stage: string, session: Buffer | undefined) {
    for (const slug of session ? slugs : []) {
      const shown = (await this.plans.load(slug, session))?.stored?.plan.shown?.challenge;
      if (shown?.['stage_uuid'] === stage) return slug;
    }
    return undefined;
  }

  private async poll({ request, reply }: HttpExchange, slug: string): Promise<Status | undefined> {
    const { BASE_URL } = this.config;
    const failures = {
      crossSiteFailure: crossSiteFailure(request, BASE_URL),
      csrfFailure: apiCsrfFailure(request, BASE_URL),
    };
    const answer = { body: { component: COMPONENT, poll: true }, ...failures };
    const { result } = await this.flowService.enter({ request, reply }, { slug, query: {}, answer });
    if (result.type === 'problem') throw result.problem;
    if (result.type !== 'show' || result.contract.component !== COMPONENT) return undefined;
    const parsed = status.safeParse(result.challenge);
    // The stage leaves out the status when it could not reach Duo.
    if (!parsed.success) throw new Problem('stage_busy');
    return parsed.data;
  }
}
