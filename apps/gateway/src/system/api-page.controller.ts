import { BrandStore } from '@gatehouse/executor';
import type { ApiPageData } from '@gatehouse/web';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../http/auth/auth.guard.js';
import { ensureCsrfToken } from '../http/csrf.js';
import { pageLanguageFor } from '../http/locale.js';
import { PublishedSchema } from '../http/openapi/published-schema.js';
import { sendPage } from '../http/pages/page.sender.js';
import { brandAppearance, PageRenderer } from '../http/pages/page-renderer.js';

/** The page that documents the API and runs flows in the browser. */
@Public()
@Controller('/api/v3')
export class ApiPageController {
  constructor(
    @Inject(PublishedSchema) private readonly schema: PublishedSchema,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(PageRenderer) private readonly pages: PageRenderer,
  ) {}

  @Get('')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    // The page sends API requests with the CSRF token.
    ensureCsrfToken(request, reply);
    const brand = await this.brands.find(request.host);
    const slug = brand.flowsByPurpose.authentication ?? '';
    const page = this.pages.api({
      api: this.outline(),
      brand: brandAppearance(brand),
      ...pageLanguageFor(request, { brand }),
      address: request.url,
      slug,
    });
    return sendPage(reply, page);
  }

  /** Returns the OpenAPI document without its components, which the page fetches when it needs them. */
  private outline(): ApiPageData['api'] {
    const { components: _components, ...outline } = this.schema.document;
    return outline as unknown as ApiPageData['api'];
  }
}
