import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrandStore } from '../execution/brands.js';
import { currentBrand, toCurrentBrand } from './brands.bodies.js';
import { ApiEndpoint } from './openapi/operation.js';
import { AuthService } from './principal.js';

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
