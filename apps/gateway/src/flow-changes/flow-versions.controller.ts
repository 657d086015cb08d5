import { flowDifferences, flowRelease, flowVersions } from '@gatehouse/contracts';
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
import { type ReleaseRequest, releaseRequest } from './flow-release.dto.js';
import { versionNumber } from './version-number.js';

interface PublishedVersion extends ReleaseRequest {
  readonly slug: string;
  /** Number of the version. By default, the number of the newest draft. */
  readonly number?: number;
}

const REFUSALS = { 404: genericError, 409: genericError, 503: genericError } as const;

/** Versions of flows over HTTP, for superusers (docs/spec/flow-changes.md). */
@Controller('/api/v3/flows/instances')
@AllowTokenScope('flows')
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
    description: 'Returns what differs between two versions of the flow, in words and as data.',
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
    body: releaseRequest,
    answers: { 200: flowRelease, ...REFUSALS },
  })
  @Post(':slug/versions/:number/publish/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard, SuperuserGuard, FlowChangeGuard)
  async publish(
    @Param('slug') slug: string,
    @Param('number') number: string,
    @Body(new ZodBodyPipe(releaseRequest)) body: ReleaseRequest,
    @Req() request: FastifyRequest,
  ) {
    return this.publishVersion({ slug, number: versionNumber(number), ...body }, request);
  }

  @ApiEndpoint({
    id: 'flows_instances_publish_create',
    description: 'Makes the newest draft of the flow current.',
    tag: 'flows',
    body: releaseRequest,
    answers: { 200: flowRelease, ...REFUSALS },
  })
  @Post(':slug/publish/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard, SuperuserGuard, FlowChangeGuard)
  async publishDraft(
    @Param('slug') slug: string,
    @Body(new ZodBodyPipe(releaseRequest)) body: ReleaseRequest,
    @Req() request: FastifyRequest,
  ) {
    return this.publishVersion({ slug, ...body }, request);
  }

  @ApiEndpoint({
    id: 'flows_instances_rollback_create',
    description: 'Makes the version current that was current before. Another rollback goes one version further back.',
    tag: 'flows',
    body: releaseRequest,
    answers: { 200: flowRelease, ...REFUSALS },
  })
  @Post(':slug/rollback/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard, SuperuserGuard, FlowChangeGuard)
  async rollback(
    @Param('slug') slug: string,
    @Body(new ZodBodyPipe(releaseRequest)) body: ReleaseRequest,
    @Req() request: FastifyRequest,
  ) {
    return this.flows.rollback({ slug, ...body, origin: await this.origins.read(request) });
  }

  private async publishVersion(version: PublishedVersion, request: FastifyRequest) {
    return this.flows.publish({ ...version, origin: await this.origins.read(request) });
  }
}
