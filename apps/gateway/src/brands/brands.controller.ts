import { BrandStore } from '@gatehouse/executor';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuthService } from '../http/auth/auth.service.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { currentBrand, toCurrentBrand } from './brand.dto.js';

/** How the site shows itself: what a page asks before it draws anything. */
@Controller('/api/v3/core/brands')
export class BrandsController {
  constructor(
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(AuthService) private readonly principals: AuthService,
  ) {}

  @ApiEndpoint({
    id: 'core_brands_current_retrieve',
    description: 'The brand of the host that is asked.',
    tag: 'core',
    anonymous: true,
    answers: { 200: currentBrand },
  })
  @Get('current/')
  async current(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    await this.principals.find({ request, reply });
    return toCurrentBrand(await this.brands.find(request.host));
  }
}
