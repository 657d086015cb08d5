import { flowRollout } from '@gatehouse/contracts';
import { Body, Controller, Get, HttpCode, HttpStatus, Inject, Param, Post, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AllowTokenScope } from '../http/auth/auth.guard.js';
import { CsrfGuard } from '../http/auth/csrf.guard.js';
import { SuperuserGuard } from '../http/auth/superuser.guard.js';
import { ApiEndpoint, genericError } from '../http/openapi/api-endpoint.decorator.js';
import { ZodBodyPipe } from '../http/zod-body.pipe.js';
import { ChangeOriginReader } from './change-origin.reader.js';
import { FlowChangeClient } from './flow-change.client.js';
import { FlowChangeGuard } from './flow-change.guard.js';
import { type RolloutRequest, rolloutRequest, toRollout } from './flow-release.dto.js';
import { versionNumber } from './version-number.js';

const REFUSALS = { 404: genericError, 409: genericError, 503: genericError } as const;

/** Rollouts of flows over HTTP, for superusers (docs/spec/rollout.md). */
@Controller('/api/v3/flows/instances')
@AllowTokenScope('flows')
export class FlowRolloutsController {
  constructor(
    @Inject(FlowChangeClient) private readonly flows: FlowChangeClient,
    @Inject(ChangeOriginReader) private readonly origins: ChangeOriginReader,
  ) {}

  @ApiEndpoint({
    id: 'flows_instances_rollout_retrieve',
    description: 'Returns the running rollout of the flow: its share, its counts and what its guard has found.',
    tag: 'flows',
    answers: { 200: flowRollout, ...REFUSALS },
  })
  @Get(':slug/rollout/')
  @UseGuards(SuperuserGuard)
  show(@Param('slug') slug: string) {
    return this.flows.rollout(slug);
  }

  @ApiEndpoint({
    id: 'flows_instances_versions_rollout_create',
    description:
      'Gives the version a share of the new logins, or changes the share. Running logins keep their version. Publishing a version and rolling back end the rollout.',
    tag: 'flows',
    body: rolloutRequest,
    answers: { 200: flowRollout, ...REFUSALS },
  })
  @Post(':slug/versions/:number/rollout/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard, SuperuserGuard, FlowChangeGuard)
  async start(
    @Param('slug') slug: string,
    @Param('number') number: string,
    @Body(new ZodBodyPipe(rolloutRequest)) body: RolloutRequest,
    @Req() request: FastifyRequest,
  ) {
    const { reason, expected } = body;
    const version = { slug, number: versionNumber(number) };
    return this.flows.startRollout({
      ...{ ...version, ...toRollout(body), reason, expected },
      origin: await this.origins.read(request),
    });
  }
}
