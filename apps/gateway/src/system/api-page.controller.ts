import { BrandStore } from '@gatehouse/executor';
import type { ApiPageData } from '@gatehouse/web';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ensureCsrfToken } from '../http/csrf.js';
import { localeFor } from '../http/locale.js';
import { PublishedSchema } from '../http/openapi/published-schema.js';
import { brandAppearance } from '../http/pages/brand-appearance.js';
import { sendPage } from '../http/pages/page.sender.js';
import { PageRenderer } from '../http/pages/page-renderer.js';

/** The API, described for people, and a place to try a flow. */
@Controller('/api/v3')
export class ApiPageController {
  constructor(
    @Inject(PublishedSchema) private readonly texts: PublishedSchema,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(PageRenderer) private readonly pages: PageRenderer,
  ) {}

  @Get('')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    // Requests that visitors try on the page carry its CSRF token, like those of any other page.
    ensureCsrfToken(request, reply);
    const brand = await this.brands.find(request.host);
    const slug = brand.serving.authentication ?? '';
    const locale = localeFor(request, { brand });
    return sendPage(reply, this.pages.api({ api: this.outline(), brand: brandAppearance(brand), locale, slug }));
  }

  /** Without what the page fetches once it is asked for. */
  private outline(): ApiPageData['api'] {
    const { components: _fetched, ...outline } = this.texts.document;
    return outline as unknown as ApiPageData['api'];
  }
}
