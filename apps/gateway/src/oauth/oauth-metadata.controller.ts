import { ACR_VALUES, CONSENT_DETAIL, PROMPTS, Problem } from '@gatehouse/contracts';
import { LOCALES } from '@gatehouse/texts';
import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { TokenSigner } from '../applications/token.signer.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import { AnonymousRateLimitGuard } from '../http/rate-limits/anonymous-rate-limiter.js';
import { FILE_ROUTE } from '../http/routing.hooks.js';
import { SUPPORTED_SCOPES } from './authorization-start.js';
import { OauthClientRepository } from './oauth-client.repository.js';
import { DEVICE_CODE_GRANT, issuerOf } from './oauth-responses.js';

/** The metadata of the authorization code grant (OpenID Connect Discovery §3, RFC 9126, RFC 9207, RFC 9396). */
const CODE_FLOW = {
  require_pushed_authorization_requests: true,
  response_modes_supported: ['query'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
  authorization_details_types_supported: [CONSENT_DETAIL],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
  prompt_values_supported: PROMPTS,
  acr_values_supported: ACR_VALUES,
  ui_locales_supported: LOCALES.map(({ locale }) => locale),
  claims_supported: [
    ...['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'acr', 'amr', 'sid', 'nonce'],
    ...['name', 'preferred_username', 'nickname', 'email', 'email_verified', 'groups'],
  ],
  request_parameter_supported: false,
  request_uri_parameter_supported: false,
  claims_parameter_supported: false,
};

/** OpenID Connect Front-Channel Logout 1.0 §3. */
const FRONT_CHANNEL_LOGOUT = { frontchannel_logout_supported: true, frontchannel_logout_session_supported: true };

/** Metadata of the OAuth server, at the addresses of OpenID Connect Discovery §4 and of RFC 8414 §3.1. */
@Public()
@UseGuards(AnonymousRateLimitGuard)
@Controller()
export class OauthMetadataController {
  constructor(
    @Inject(OauthClientRepository) private readonly oauthClients: OauthClientRepository,
    @Inject(TokenSigner) private readonly signer: TokenSigner,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get([
    '/application/o/:application/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server/application/o/:application',
  ])
  @RouteConfig(FILE_ROUTE)
  async metadata(@Param('application') application: string) {
    if (!(await this.oauthClients.findByApplication(application))) throw new Problem('not_found');
    const url = (path: string) => new URL(`/application/o/${path}`, this.config.BASE_URL).href;
    const methods = ['client_secret_basic', 'client_secret_post'];
    return {
      issuer: issuerOf(this.config, application),
      device_authorization_endpoint: url('device/'),
      token_endpoint: url('token/'),
      userinfo_endpoint: url('userinfo/'),
      grant_types_supported: [DEVICE_CODE_GRANT, ...(this.signer.canSign ? ['authorization_code'] : [])],
      response_types_supported: this.signer.canSign ? ['code'] : [],
      scopes_supported: Object.keys(SUPPORTED_SCOPES),
      token_endpoint_auth_methods_supported: [...methods, 'none'],
      ...(this.signer.canSign && {
        authorization_endpoint: url('authorize/'),
        pushed_authorization_request_endpoint: url('par/'),
        end_session_endpoint: url(`${application}/end-session/`),
        jwks_uri: url(`${application}/jwks/`),
        ...CODE_FLOW,
        ...(this.config.API_VERSION === '2026.8' && FRONT_CHANNEL_LOGOUT),
      }),
    };
  }
}
