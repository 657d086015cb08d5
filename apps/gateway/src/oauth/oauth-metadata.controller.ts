import { Problem } from '@gatehouse/contracts';
import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import { AnonymousRateLimitGuard } from '../http/rate-limits/anonymous-rate-limiter.js';
import { FILE_ROUTE } from '../http/routing.hooks.js';
import { SUPPORTED_SCOPES } from './device-authorization.service.js';
import { OauthClientRepository } from './oauth-client.repository.js';

/** Metadata of the OAuth server (RFC 8414), at the address that OpenID Connect clients use. */
@Public()
@UseGuards(AnonymousRateLimitGuard)
@Controller('/application/o')
export class OauthMetadataController {
  constructor(
    @Inject(OauthClientRepository) private readonly oauthClients: OauthClientRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get(':application/.well-known/openid-configuration')
  @RouteConfig(FILE_ROUTE)
  async metadata(@Param('application') application: string) {
    if (!(await this.oauthClients.findByApplication(application))) throw new Problem('not_found');
    const url = (path: string) => new URL(`/application/o/${path}`, this.config.BASE_URL).href;
    return {
      issuer: url(`${application}/`),
      device_authorization_endpoint: url('device/'),
      token_endpoint: url('token/'),
      userinfo_endpoint: url('userinfo/'),
      grant_types_supported: ['urn:ietf:params:oauth:grant-type:device_code'],
      response_types_supported: [],
      scopes_supported: Object.keys(SUPPORTED_SCOPES),
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    };
  }
}
