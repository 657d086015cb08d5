import { fieldErrors, Problem } from '@gatehouse/contracts';
import { FunnelRepository, FunnelTimeoutError } from '@gatehouse/executor-postgres';
import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { AllowTokenScope } from '../http/auth/auth.guard.js';
import { SuperuserGuard } from '../http/auth/superuser.guard.js';
import { ApiEndpoint, genericError, validationError } from '../http/openapi/api-endpoint.decorator.js';
import { InvalidFieldsError } from '../http/zod-body.pipe.js';
import { type FlowFunnel, flowFunnel, funnelParameters, parseFunnelQuery, toFlowFunnel } from './flow-funnel.dto.js';

/** Shows superusers where visitors of a flow stop. */
@Controller('/api/v3/flows/instances')
@AllowTokenScope('flows')
export class FlowFunnelController {
  constructor(@Inject(FunnelRepository) private readonly funnels: FunnelRepository) {}

  @ApiEndpoint({
    id: 'flows_instances_funnel_retrieve',
    description: 'Counts how many visitors reached, passed and left each step of a flow, for each of its versions.',
    tag: 'flows',
    query: funnelParameters,
    answers: { 200: flowFunnel, 400: validationError, 404: genericError },
  })
  @Get(':slug/funnel/')
  @UseGuards(SuperuserGuard)
  async retrieve(@Param('slug') slug: string, @Query() query: unknown): Promise<FlowFunnel> {
    const parsed = parseFunnelQuery(query);
    if (!parsed.success) throw new InvalidFieldsError(fieldErrors(parsed.error));
    const { since, version } = parsed.data;
    const found = await this.funnels
      .find({ slug, since: new Date(Date.now() - since), version })
      .catch(asInvalidPeriod);
    if (found === 'unknown_flow') throw new Problem('not_found');
    if (found === 'unknown_version')
      throw new InvalidFieldsError({ version: [{ text: `The flow has no version ${version}.` }] });
    return toFlowFunnel(slug, found);
  }
}

function asInvalidPeriod(error: unknown): never {
  if (!(error instanceof FunnelTimeoutError)) throw error;
  throw new InvalidFieldsError({ since: [{ text: `${error.message} Choose a shorter period.` }] });
}
