import { Body, Controller, HttpStatus, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TokenSigner } from '../applications/token.signer.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import { AnonymousRateLimitGuard } from '../http/rate-limits/anonymous-rate-limiter.js';
import { type FormFields, FormPipe } from '../http/zod-body.pipe.js';
import { AuthorizationGrantClient } from './authorization-grant.client.js';
import { AuthorizationRequestError, parseAuthorizationRequest } from './authorization-request.parser.js';
import { OauthClientAuthenticator } from './oauth-client.authenticator.js';
import { issuerOf, oauthError, REQUEST_URI_PREFIX } from './oauth-responses.js';

/** Accepts pushed authorization requests (RFC 9126). The OAuth client authenticates, not a user. */
@Public()
@Controller('/application/o/par')
export class PushedAuthorizationController {
  constructor(
    @Inject(OauthClientAuthenticator) private readonly authenticator: OauthClientAuthenticator,
    @Inject(AuthorizationGrantClient) private readonly grants: AuthorizationGrantClient,
    @Inject(TokenSigner) private readonly signer: TokenSigner,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Stores the request of a confidential client. Returns the `request_uri` for its user's browser. */
  @Post('')
  @UseGuards(AnonymousRateLimitGuard)
  async push(
    @Body(FormPipe) form: FormFields,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const exchange = { request, reply };
    const client = await this.authenticator.find(request, form, { requireSecret: true });
    if (!client) return oauthError(exchange, 'invalid_client');
    if (client.client_type !== 'confidential')
      return oauthError(exchange, 'unauthorized_client', 'client_type must be confidential');
    if (!this.signer.canSign) return oauthError(exchange, 'temporarily_unavailable', 'JWT_SIGNING_KEYS is not set');
    try {
      const issuer = issuerOf(this.config, client.application.slug);
      const pushed = parseAuthorizationRequest(client, form, { issuer, limits: this.config });
      const expires_in = this.config.AUTHORIZATION_REQUEST_S;
      const reference = await this.grants.push(pushed, expires_in);
      void reply.status(HttpStatus.CREATED);
      return { request_uri: REQUEST_URI_PREFIX + reference, expires_in };
    } catch (error) {
      if (!(error instanceof AuthorizationRequestError)) throw error;
      return oauthError(exchange, error.error, error.description);
    }
  }
}
