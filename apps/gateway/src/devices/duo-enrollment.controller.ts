import { Problem } from '@gatehouse/contracts';
import { FlowStore, PlanStore } from '@gatehouse/executor';
import { Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { FlowService } from '../flows/flow.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { apiCsrfFailure, crossSiteFailure } from '../http/csrf.js';
import type { HttpExchange } from '../http/exchange.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { genericError } from '../http/problem.bodies.js';
import { SessionCookies } from '../http/session.cookie.js';

const status = z
  .object({ duo_response: z.enum(['success', 'waiting', 'invalid']) })
  .meta({ id: 'DuoDeviceEnrollmentStatus', description: 'How far the pairing of a phone with Duo is.' });
type Status = z.output<typeof status>;

const NO_ENROLMENT = 400;
const COMPONENT = 'ak-stage-authenticator-duo';

/**
 * Where a page asks how far the pairing is that it shows (docs/spec/mfa.md#duo-status): the stage is asked, and nothing
 * goes on by that.
 */
@Controller('/api/v3/stages/authenticator/duo')
export class DuoEnrollmentController {
  constructor(
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(PlanStore) private readonly plans: PlanStore,
    @Inject(FlowService) private readonly door: FlowService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(SessionCookies) private readonly cookies: SessionCookies,
  ) {}

  @ApiEndpoint({
    id: 'stages_authenticator_duo_enrollment_status_create',
    description: 'How far the pairing is that the session has begun at a stage.',
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
    const slugs = z.uuid().safeParse(stage).success ? await this.flows.findUsing(stage.toLowerCase()) : [];
    if (slugs.length === 0) throw new Problem('not_found');
    const slug = await this.underWay(slugs, stage.toLowerCase(), await this.cookies.keyOf(request));
    const found = slug === undefined ? undefined : await this.ask({ request, reply }, slug);
    if (!found) void reply.status(NO_ENROLMENT);
    return found;
  }

  /** The flow in which this session has been shown the stage's pairing. */
  private async underWay(slugs: readonly string[], stage: string, session: Buffer | undefined) {
    for (const slug of session ? slugs : []) {
      const shown = (await this.plans.find(slug, session))?.stored?.plan.shown?.challenge;
      if (shown?.['stage_uuid'] === stage) return slug;
    }
    return undefined;
  }

  private async ask({ request, reply }: HttpExchange, slug: string): Promise<Status | undefined> {
    const { BASE_URL } = this.config;
    const doubts = { foreign: crossSiteFailure(request, BASE_URL), forged: apiCsrfFailure(request, BASE_URL) };
    const answer = { body: { component: COMPONENT, poll: true }, ...doubts };
    const { told } = await this.door.enter({ request, reply }, { slug, query: {}, answer });
    if (told.type === 'problem') throw told.problem;
    if (told.type !== 'show' || told.contract.component !== COMPONENT) return undefined;
    const read = status.safeParse(told.challenge);
    // The stage could not learn it: Duo is away.
    if (!read.success) throw new Problem('stage_busy');
    return read.data;
  }
}
