import { Problem } from '@gatehouse/contracts';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { ClientResolver } from '../http/client-info.js';
import { AnonymousRateLimiter } from '../http/rate-limits/anonymous-rate-limiter.js';
import { FILE_ROUTE } from '../http/routing.hooks.js';
import { SUPPORTED_SCOPES } from './device-authorization.service.js';
import { OauthClients } from './oauth-clients.js';

/** Where a client finds what it needs (RFC 8414, at the address that OpenID clients look at). */
@Controller('/application/o')
export class OauthMetadataController {
  constructor(
    @Inject(OauthClients) private readonly oauthClients: OauthClients,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(AnonymousRateLimiter) private readonly gate: AnonymousRateLimiter,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get(':application/.well-known/openid-configuration')
  @RouteConfig(FILE_ROUTE)
  async metadata(
    @Param('application') application: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    this.gate.admit((await this.clients.of(request)).ip, reply);
    if (!(await this.oauthClients.findOf(application))) throw new Problem('not_found');
    const at = (path: string) => new URL(`/application/o/${path}`, this.config.BASE_URL).href;
    return {
      issuer: at(`${application}/`),
      device_authorization_endpoint: at('device/'),
      token_endpoint: at('token/'),
      userinfo_endpoint: at('userinfo/'),
      grant_types_supported: ['urn:ietf:params:oauth:grant-type:device_code'],
      response_types_supported: [],
      scopes_supported: Object.keys(SUPPORTED_SCOPES),
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    };
  }
}
