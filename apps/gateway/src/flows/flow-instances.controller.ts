import { Problem } from '@gatehouse/contracts';
import { startForUser } from '@gatehouse/executor';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AuthService } from '../http/auth/auth.service.js';
import { crossSiteOf } from '../http/cross-site.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { genericError } from '../http/problem.bodies.js';
import { FlowService } from './flow.service.js';

/** Where an administrator goes on with a flow they have begun. */
const link = z.object({ link: z.string() }).meta({ id: 'Link', description: 'An address to go on at.' });

/** What administrators do with a flow as a whole. */
@Controller('/api/v3/flows/instances')
export class FlowInstancesController {
  constructor(
    @Inject(AuthService) private readonly principals: AuthService,
    @Inject(FlowService) private readonly door: FlowService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /**
   * Begins the flow about the administrator themself, whatever they were doing in it
   * (docs/spec/executor.md#helper-addresses).
   */
  @ApiEndpoint({
    id: 'flows_instances_execute_retrieve',
    description: 'Begins the flow about the administrator who asks; the answer says where it goes on.',
    tag: 'flows',
    answers: { 200: link, 404: genericError },
  })
  @Get(':slug/execute/')
  async execute(
    @Param('slug') slug: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.output<typeof link>> {
    const { user } = await this.principals.load({ request, reply });
    if (!user.is_superuser) throw new Problem('permission_denied');
    await this.door.begin({ request, reply }, { slug, query: {}, crossSite: crossSiteOf(request) }, startForUser(user));
    return { link: new URL(`/if/flow/${slug}/`, this.config.BASE_URL).href };
  }
}
