import { Problem } from '@gatehouse/contracts';
import { startForUser } from '@gatehouse/executor';
import { Controller, Get, Inject, Param, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AllowTokenScope, CurrentUser } from '../http/auth/auth.guard.js';
import { SuperuserGuard } from '../http/auth/superuser.guard.js';
import { crossSiteOf } from '../http/cross-site-request.js';
import { ApiEndpoint, genericError } from '../http/openapi/api-endpoint.decorator.js';
import type { AuthenticatedUser } from '../users/user.repository.js';
import { link } from './account-lockdown.dto.js';
import { FlowService } from './flow.service.js';
import { FlowChartRepository } from './flow-chart.repository.js';

/** A drawing of a flow. */
const flowDiagram = z
  .object({ diagram: z.string() })
  .meta({ id: 'FlowDiagram', description: 'The current version of a flow as the text of a Mermaid flowchart.' });

/** Actions of administrators on flows. */
@Controller('/api/v3/flows/instances')
export class FlowInstancesController {
  constructor(
    @Inject(FlowService) private readonly flowService: FlowService,
    @Inject(FlowChartRepository) private readonly charts: FlowChartRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /**
   * Starts a flow with the administrator as the pending user. Replaces a run of the flow that the session already has
   * (docs/spec/executor.md#helper-addresses).
   */
  @ApiEndpoint({
    id: 'flows_instances_execute_retrieve',
    description: 'Starts the flow for the administrator who sends the request, and returns the URL of its page.',
    tag: 'flows',
    answers: { 200: link, 404: genericError },
  })
  @Get(':slug/execute/')
  @UseGuards(SuperuserGuard)
  async execute(
    @Param('slug') slug: string,
    @CurrentUser() user: AuthenticatedUser,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.output<typeof link>> {
    const params = { slug, query: {}, crossSite: crossSiteOf(request) };
    await this.flowService.begin({ request, reply }, params, startForUser(user));
    return { link: new URL(`/if/flow/${slug}/`, this.config.BASE_URL).href };
  }

  /** Returns the current version of a flow as Mermaid text (docs/spec/simulation.md#diagram). Throws `not_found`. */
  @ApiEndpoint({
    id: 'flows_instances_diagram_retrieve',
    description: 'Returns the current version of a flow as the text of a Mermaid flowchart, for administrators.',
    tag: 'flows',
    answers: { 200: flowDiagram, 404: genericError },
  })
  @Get(':slug/diagram/')
  @AllowTokenScope('flows')
  @UseGuards(SuperuserGuard)
  async diagram(@Param('slug') slug: string): Promise<z.output<typeof flowDiagram>> {
    const diagram = await this.charts.draw(slug);
    if (diagram === undefined) throw new Problem('not_found');
    return { diagram };
  }
}
