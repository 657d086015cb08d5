import { flowDifferences, flowRelease, flowVersions, Problem } from '@gatehouse/contracts';
import { Body, Controller, Get, HttpCode, HttpStatus, Inject, Param, Post, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CsrfGuard } from '../http/auth/csrf.guard.js';
import { SuperuserGuard } from '../http/auth/superuser.guard.js';
import { ApiEndpoint, genericError } from '../http/openapi/api-endpoint.decorator.js';
import { ZodBodyPipe } from '../http/zod-body.pipe.js';
import { ChangeOriginReader } from './change-origin.reader.js';
import { FlowChangeClient } from './flow-change.client.js';
import { FlowChangeGuard } from './flow-change.guard.js';

const reasonRequest = z
  .object({ reason: z.string().max(500).optional().describe('for the log of publications and the audit event') })
  .meta({ id: 'FlowReleaseRequest', description: 'Why the version of a flow is changed.' });
type ReasonRequest = z.output<typeof reasonRequest>;

const REFUSALS = { 404: genericError, 409: genericError, 503: genericError } as const;

/** Versions of flows over HTTP, for superusers (docs/spec/flow-changes.md). */
@Controller('/api/v3/flows/instances')
export class FlowVersionsController {
  constructor(
    @Inject(FlowChangeClient) private readonly flows: FlowChangeClient,
    @Inject(ChangeOriginReader) private readonly origins: ChangeOriginReader,
  ) {}

  @ApiEndpoint({
    id: 'flows_instances_versions_retrieve',
    description: 'Lists the versions of the flow, the newest first.',
    tag: 'flows',
    answers: { 200: flowVersions, ...REFUSALS },
  })
  @Get(':slug/versions/')
  @UseGuards(SuperuserGuard)
  versions(@Param('slug') slug: string) {
    return this.flows.versions(slug);
  }

  @ApiEndpoint({
    id: 'flows_instances_versions_diff_retrieve',
    description: 'Returns what differs between two versions of the flow, in words.',
    tag: 'flows',
    answers: { 200: flowDifferences, ...REFUSALS },
  })
  @Get(':slug/versions/:from/diff/:to/')
  @UseGuards(SuperuserGuard)
  diff(@Param('slug') slug: string, @Param('from') from: string, @Param('to') to: string) {
    return this.flows.diff(slug, versionNumber(from), versionNumber(to));
  }

  @ApiEndpoint({
    id: 'flows_instances_versions_publish_create',
    description: 'Makes the version of the flow current. New logins start on it, running logins keep theirs.',
    tag: 'flows',
    body: reasonRequest,
    answers: { 200: flowRelease, ...REFUSALS },
  })
  @Post(':slug/versions/:number/publish/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard, SuperuserGuard, FlowChangeGuard)
  async publish(
    @Param('slug') slug: string,
    @Param('number') number: string,
    @Body(new ZodBodyPipe(reasonRequest)) { reason }: ReasonRequest,
    @Req() request: FastifyRequest,
  ) {
    return this.flows.publish({
      slug,
      number: versionNumber(number),
      reason,
      origin: await this.origins.read(request),
    });
  }

  @ApiEndpoint({
    id: 'flows_instances_publish_create',
    description: 'Makes the newest draft of the flow current.',
    tag: 'flows',
    body: reasonRequest,
    answers: { 200: flowRelease, ...REFUSALS },
  })
  @Post(':slug/publish/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard, SuperuserGuard, FlowChangeGuard)
  async publishDraft(
    @Param('slug') slug: string,
    @Body(new ZodBodyPipe(reasonRequest)) { reason }: ReasonRequest,
    @Req() request: FastifyRequest,
  ) {
    return this.flows.publish({ slug, reason, origin: await this.origins.read(request) });
  }

  @ApiEndpoint({
    id: 'flows_instances_rollback_create',
    description: 'Makes the version current that was current before. Another rollback goes one version further back.',
    tag: 'flows',
    body: reasonRequest,
    answers: { 200: flowRelease, ...REFUSALS },
  })
  @Post(':slug/rollback/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard, SuperuserGuard, FlowChangeGuard)
  async rollback(
    @Param('slug') slug: string,
    @Body(new ZodBodyPipe(reasonRequest)) { reason }: ReasonRequest,
    @Req() request: FastifyRequest,
  ) {
    return this.flows.rollback({ slug, reason, origin: await this.origins.read(request) });
  }
}

/** Returns the number of a version in a URL. Throws `flow_version_unknown`. */
function versionNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Problem('flow_version_unknown');
  return Number(text);
}
