import { Problem } from '@gatehouse/contracts';
import { Controller, Get, Inject, Param, Redirect, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Flows } from '../execution/flows.js';
import { Plans } from '../execution/plans.js';
import { Contracts } from '../execution/stages.js';
import { refuseCredentials } from './inner-query.js';
import { sessionKeyOf } from './session.cookie.js';

/** Addresses that stand for whatever flow serves a purpose (01-executor §11). */
@Controller('/flows/-')
export class FlowsController {
  constructor(
    @Inject(Flows) private readonly flows: Flows,
    @Inject(Plans) private readonly plans: Plans,
    @Inject(Contracts) private readonly contracts: Contracts,
  ) {}

  /** Leads to the first flow of the designation; the query goes along. */
  @Get('default/:designation/')
  @Redirect()
  async default(@Param('designation') designation: string, @Req() { url: address }: FastifyRequest) {
    const asked = new URLSearchParams(address.split('?').slice(1).join('?'));
    refuseCredentials((field) => this.contracts.isSecret(field), Object.fromEntries(asked));
    const slug = await this.flows.findDefault(designation);
    if (!slug) throw new Problem('not_found', { detail: `There is no flow for ${designation}.` });
    const query = asked.toString();
    return { url: `/if/flow/${slug}/${query ? `?${query}` : ''}`, statusCode: 302 };
  }

  /** Drops every plan of the session. Leads to the flow that logs out, as clients expect of "Not you?". */
  @Get('cancel/')
  @Redirect('/flows/-/default/invalidation/', 302)
  async cancel(@Req() request: FastifyRequest) {
    const key = sessionKeyOf(request);
    if (key) await this.plans.cancel(key);
  }
}
