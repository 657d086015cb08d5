import { Problem } from '@gatehouse/contracts';
import { FlowStore, PlanStore, StageContractRegistry } from '@gatehouse/executor';
import { Controller, Get, HttpStatus, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { AllowAnonymous } from '../../http/auth/auth.guard.js';
import { ApiEndpoint, genericError } from '../../http/openapi/api-endpoint.decorator.js';
import { SessionCookieService } from '../../http/session-cookie.service.js';
import { flowInspection } from './flow-inspection.dto.js';
import { presentInspection } from './flow-inspector.presenter.js';
import { mayInspect } from './inspection-permission.js';

/**
 * The state of a flow's run in the session of the caller, for administrators and users with `debug`
 * (docs/spec/executor.md#inspector).
 */
@Controller('/api/v3/flows/inspector')
export class FlowInspectorController {
  constructor(
    @Inject(PlanStore) private readonly plans: PlanStore,
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(StageContractRegistry) private readonly contracts: StageContractRegistry,
    @Inject(SessionCookieService) private readonly cookies: SessionCookieService,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION'>,
  ) {}

  /**
   * Throws `not_found` for callers who may not inspect, and under 2026.8 `not_authenticated` for anonymous visitors.
   * Responds with 400 without a body if there is no run.
   */
  @ApiEndpoint({
    id: 'flows_inspector_get',
    description:
      'Returns the state of the flow in the current session, for administrators. Returns 400 without a body if the session has not started the flow.',
    tag: 'flows',
    answers: { 200: flowInspection, 404: genericError },
  })
  @Get(':flow_slug/')
  @AllowAnonymous()
  async inspect(@Param('flow_slug') slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    if (!request.principal && this.config.API_VERSION !== '2024.8') throw new Problem('not_authenticated');
    const sessionKey = await this.cookies.keyOf(request);
    if (!sessionKey || !mayInspect(request.principal?.user)) throw new Problem('not_found');
    const loaded = await this.plans.load(slug, sessionKey);
    if (!loaded) throw new Problem('not_found');
    const { stored } = loaded;
    const version = stored && (await this.flows.find(stored.versionId));
    const inspection =
      version &&
      presentInspection({
        ...{ plan: stored.plan, version, contracts: this.contracts },
        sessionId: sessionKey.toString('hex'),
      });
    return inspection ? reply.send(inspection) : reply.status(HttpStatus.BAD_REQUEST).send();
  }
}
