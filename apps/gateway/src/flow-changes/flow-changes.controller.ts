import { blueprintCheck, blueprintReport, flowDrafts, Problem } from '@gatehouse/contracts';
import { Body, Controller, Get, HttpCode, HttpStatus, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AllowTokenScope } from '../http/auth/auth.guard.js';
import { CsrfGuard } from '../http/auth/csrf.guard.js';
import { SuperuserGuard } from '../http/auth/superuser.guard.js';
import { ApiEndpoint, genericError } from '../http/openapi/api-endpoint.decorator.js';
import { type BlueprintUpload, BlueprintUploadPipe, blueprintRequest } from './blueprint-upload.pipe.js';
import { ChangeOriginReader } from './change-origin.reader.js';
import { FlowChangeClient } from './flow-change.client.js';
import { FlowChangeGuard } from './flow-change.guard.js';
import { flowImportForm, flowImportResult, importDone, importRefused } from './flow-import.dto.js';

const AWAY = { 503: genericError } as const;

/**
 * Blueprints of flows over HTTP, for superusers (docs/spec/flow-changes.md). Each route lists its guards in the order in
 * which they run. The service `blueprints` does the work.
 */
@Controller('/api/v3/flows/instances')
@AllowTokenScope('flows')
export class FlowChangesController {
  constructor(
    @Inject(FlowChangeClient) private readonly flows: FlowChangeClient,
    @Inject(ChangeOriginReader) private readonly origins: ChangeOriginReader,
  ) {}

  @ApiEndpoint({
    id: 'flows_instances_import_create',
    description:
      'Applies a blueprint file and publishes the flows that it changes. `success` says whether it was applied.',
    tag: 'flows',
    body: flowImportForm,
    consumes: 'multipart/form-data',
    answers: { 200: flowImportResult, 409: genericError, ...AWAY },
  })
  @Post('import/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard, SuperuserGuard, FlowChangeGuard)
  async import(@Body(BlueprintUploadPipe) upload: BlueprintUpload, @Req() request: FastifyRequest) {
    try {
      return importDone(await this.flows.apply(upload, await this.origins.read(request)));
    } catch (error) {
      if (error instanceof Problem && error.code === 'blueprint_invalid') return importRefused(error.message);
      throw error;
    }
  }

  @ApiEndpoint({
    id: 'flows_instances_apply_create',
    description: 'Applies a blueprint and publishes the flows that it changes, all of them or none.',
    tag: 'flows',
    body: blueprintRequest,
    answers: { 200: blueprintReport, 409: genericError, ...AWAY },
  })
  @Post('apply/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard, SuperuserGuard, FlowChangeGuard)
  async apply(@Body(BlueprintUploadPipe) upload: BlueprintUpload, @Req() request: FastifyRequest) {
    return this.flows.apply(upload, await this.origins.read(request));
  }

  @ApiEndpoint({
    id: 'flows_instances_draft_create',
    description: 'Compiles the flows that a blueprint changes into drafts, and publishes nothing.',
    tag: 'flows',
    body: blueprintRequest,
    answers: { 200: flowDrafts, 409: genericError, ...AWAY },
  })
  @Post('draft/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard, SuperuserGuard, FlowChangeGuard)
  async draft(@Body(BlueprintUploadPipe) upload: BlueprintUpload, @Req() request: FastifyRequest) {
    return this.flows.draft(upload, await this.origins.read(request));
  }

  @ApiEndpoint({
    id: 'flows_instances_compare_create',
    description: 'Returns what a blueprint would change, and changes nothing.',
    tag: 'flows',
    body: blueprintRequest,
    answers: { 200: blueprintReport, 409: genericError, ...AWAY },
  })
  @Post('compare/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard, SuperuserGuard)
  compare(@Body(BlueprintUploadPipe) upload: BlueprintUpload) {
    return this.flows.compare(upload);
  }

  @ApiEndpoint({
    id: 'flows_instances_check_create',
    description: 'Returns what the linter finds in a blueprint, without looking at the stored objects.',
    tag: 'flows',
    body: blueprintRequest,
    answers: { 200: blueprintCheck, 409: genericError, ...AWAY },
  })
  @Post('check/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard, SuperuserGuard)
  check(@Body(BlueprintUploadPipe) upload: BlueprintUpload) {
    return this.flows.check(upload);
  }

  @ApiEndpoint({
    id: 'flows_instances_export_retrieve',
    description: 'Returns the flow and all objects that it depends on as a blueprint. Secrets are `!Env` tags.',
    tag: 'flows',
    answers: { 200: z.string().meta({ format: 'binary' }), 404: genericError, 409: genericError, ...AWAY },
    produces: ['application/yaml'],
  })
  @Get(':slug/export/')
  @UseGuards(SuperuserGuard)
  async export(@Param('slug') slug: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const blueprint = await this.flows.export(slug);
    // The slug of an existing flow has letters, digits, `-` and `_` only, so it needs no escaping in the header.
    void reply
      .type('application/yaml; charset=utf-8')
      .header('content-disposition', `attachment; filename="${slug}.yaml"`);
    return blueprint;
  }
}
