import { valueIn } from '@gatehouse/contracts';
import { BrandStore } from '@gatehouse/executor';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { viewFor } from '../http/api-view.js';
import { AllowAnonymous } from '../http/auth/auth.guard.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { currentBrand, toCurrentBrand } from './brand.dto.js';

/** Returns the brand of the request's host, which clients load before they draw a page. */
@Controller('/api/v3/core/brands')
export class BrandsController {
  constructor(
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION'>,
  ) {}

  @ApiEndpoint({
    id: 'core_brands_current_retrieve',
    description: 'Returns the brand of the requested host.',
    tag: 'core',
    anonymous: true,
    answers: { 200: currentBrand },
  })
  @Get('current/')
  @AllowAnonymous()
  async current(@Req() request: FastifyRequest) {
    const brand = await this.brands.find(request.host);
    return valueIn(viewFor(request, this.config), currentBrand, toCurrentBrand(brand));
  }
}
