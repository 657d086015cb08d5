import { Problem } from '@gatehouse/contracts';
import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApplicationRepository } from '../applications/application.repository.js';
import { TokenSigner } from '../applications/token.signer.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import { AnonymousRateLimitGuard } from '../http/rate-limits/anonymous-rate-limiter.js';
import { FILE_ROUTE } from '../http/routing.hooks.js';
import { issuerOf } from '../oauth/oauth-responses.js';

/** Metadata of the transmitter that has an application's issuer (Shared Signals Framework 1.0 §7). */
@Public()
@UseGuards(AnonymousRateLimitGuard)
@Controller()
export class SignalMetadataController {
  constructor(
    @Inject(ApplicationRepository) private readonly applications: ApplicationRepository,
    @Inject(TokenSigner) private readonly signer: TokenSigner,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Returns the metadata. Throws `not_found` for an unknown application, and if JWT_SIGNING_KEYS is not set. */
  @Get('/.well-known/ssf-configuration/application/o/:application')
  @RouteConfig(FILE_ROUTE)
  async metadata(@Param('application') application: string) {
    if (!this.signer.canSign || !(await this.applications.exists(application))) throw new Problem('not_found');
    const issuer = issuerOf(this.config, application);
    return {
      ...{ spec_version: '1_0', issuer, jwks_uri: `${issuer}jwks/` },
      delivery_methods_supported: ['urn:ietf:rfc:8935'],
      default_subjects: 'ALL',
    };
  }
}
