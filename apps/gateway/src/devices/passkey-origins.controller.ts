import { Problem } from '@gatehouse/contracts';
import { BrandStore } from '@gatehouse/executor';
import { Controller, Get, Inject, Req, Res, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import { AnonymousRateLimitGuard } from '../http/rate-limits/anonymous-rate-limiter.js';
import { FILE_ROUTE } from '../http/routing.hooks.js';

/** Seconds for which browsers and proxies may keep the list. */
const MAX_AGE_S = 300;

/** The origins that share the passkeys of the site (WebAuthn level 3, §5.11; docs/spec/mfa.md#webauthn-origins). */
@Public()
@UseGuards(AnonymousRateLimitGuard)
@Controller('/.well-known/webauthn')
export class PasskeyOriginsController {
  constructor(
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'BASE_URL'>,
  ) {}

  /**
   * Returns the list. Throws `not_found` if the list is empty, and on every host other than that of BASE_URL, to which
   * passkeys are bound.
   */
  @Get('')
  @RouteConfig(FILE_ROUTE)
  async list(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { hostname } = new URL(this.config.BASE_URL);
    if (request.hostname !== hostname)
      throw new Problem('not_found', { detail: `Only ${hostname} answers here, the host of BASE_URL.` });
    const { passkeyOrigins: origins } = await this.brands.find(request.host);
    if (origins.length === 0) throw new Problem('not_found');
    void reply.header('cache-control', `public, max-age=${MAX_AGE_S}`);
    return { origins };
  }
}
