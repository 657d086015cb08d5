import type { OpenedApi } from '@gatehouse/web';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Flows } from '../execution/flows.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { csrfTokenOf } from './csrf.js';
import { SchemaTexts } from './openapi/schema-texts.js';
import { sendPage } from './page.sender.js';
import { SitePages } from './site-pages.js';

/** The API, described for people, and a place to try a flow. */
@Controller('/api/v3')
export class ApiPageController {
  private readonly outline: OpenedApi['api'];

  constructor(
    @Inject(SchemaTexts) texts: SchemaTexts,
    @Inject(Flows) private readonly flows: Flows,
    @Inject(SitePages) private readonly pages: SitePages,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {
    const { components: _fetched, ...outline } = JSON.parse(texts.json) as OpenedApi['api'] & { components: unknown };
    this.outline = outline;
  }

  @Get('')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    // What is tried is sent with the page's own token, as any page of ours does.
    csrfTokenOf(request, reply);
    const page = this.pages.api({
      api: this.outline,
      brand: { title: this.config.BRAND },
      locale: 'en',
      slug: (await this.flows.findDefault('authentication')) ?? '',
    });
    return sendPage(reply, page);
  }
}
