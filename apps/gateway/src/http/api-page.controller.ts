import type { OpenedApi } from '@gatehouse/web';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Brands } from '../execution/brands.js';
import { csrfTokenOf } from './csrf.js';
import { localeFor } from './language.js';
import { looksOf } from './looks.js';
import { SchemaTexts } from './openapi/schema-texts.js';
import { sendPage } from './page.sender.js';
import { SitePages } from './site-pages.js';

/** The API, described for people, and a place to try a flow. */
@Controller('/api/v3')
export class ApiPageController {
  constructor(
    @Inject(SchemaTexts) private readonly texts: SchemaTexts,
    @Inject(Brands) private readonly brands: Brands,
    @Inject(SitePages) private readonly pages: SitePages,
  ) {}

  @Get('')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    // What is tried is sent with the page's own token, as any page of ours does.
    csrfTokenOf(request, reply);
    const brand = await this.brands.find(request.host);
    const slug = brand.serving.authentication ?? '';
    const locale = localeFor(request, { brand });
    return sendPage(reply, this.pages.api({ api: this.outline(), brand: looksOf(brand), locale, slug }));
  }

  /** Without what the page fetches once it is asked for. */
  private outline(): OpenedApi['api'] {
    const { components: _fetched, ...outline } = this.texts.document;
    return outline as unknown as OpenedApi['api'];
  }
}
