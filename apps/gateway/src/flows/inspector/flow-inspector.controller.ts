import { Problem } from '@gatehouse/contracts';
import { FlowStore, type Identity, PlanStore, StageContractRegistry } from '@gatehouse/executor';
import { Controller, Get, HttpStatus, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuthService } from '../../http/auth/auth.service.js';
import { ApiEndpoint } from '../../http/openapi/api-endpoint.decorator.js';
import { genericError } from '../../http/problem.bodies.js';
import { SessionCookies } from '../../http/session.cookie.js';
import { flowInspection } from './flow-inspection.dto.js';
import { presentInspection } from './flow-inspector.presenter.js';

/** How the run of a flow in one's own session goes, for those who mend flows (docs/spec/executor.md#inspector). */
@Controller('/api/v3/flows/inspector')
export class FlowInspectorController {
  constructor(
    @Inject(PlanStore) private readonly plans: PlanStore,
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(StageContractRegistry) private readonly contracts: StageContractRegistry,
    @Inject(AuthService) private readonly principals: AuthService,
    @Inject(SessionCookies) private readonly cookies: SessionCookies,
  ) {}

  /** For everybody else there is no such address; without a run 400 and no body. */
  @ApiEndpoint({
    id: 'flows_inspector_get',
    description: 'How the run of a flow in the session of whoever asks goes; there is none: 400, without a body.',
    tag: 'flows',
    answers: { 200: flowInspection, 404: genericError },
  })
  @Get(':flow_slug/')
  async inspect(@Param('flow_slug') slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const sessionKey = await this.cookies.keyOf(request);
    const principal = await this.principals.find({ request, reply });
    if (!sessionKey || !mayInspect(principal?.user)) throw new Problem('not_found');
    const loaded = await this.plans.find(slug, sessionKey);
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

const mayInspect = (user: Identity | undefined) => user?.is_superuser === true || user?.debug === true;
