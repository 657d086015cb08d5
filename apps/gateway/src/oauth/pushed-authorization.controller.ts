import type { OauthClient } from '@gatehouse/plan';
import { Controller, HttpStatus, Inject, Post, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TokenSigner } from '../applications/token.signer.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import type { HttpExchange } from '../http/exchange.js';
import { AnonymousRateLimitGuard } from '../http/rate-limits/anonymous-rate-limiter.js';
import { RateLimitProblem } from '../http/rate-limits/network-rate-limiter.js';
import { AuthorizationGrantClient } from './authorization-grant.client.js';
import { parseAuthorizationRequest } from './authorization-request.parser.js';
import { AuthorizationRequestRateLimiter } from './authorization-request.rate-limiter.js';
import { OauthClientAuthenticator } from './oauth-client.authenticator.js';
import { OauthErrorFilter } from './oauth-error.filter.js';
import { OauthError } from './oauth-error.js';
import { formText, type OauthFields, OauthForm } from './oauth-form.js';
import { issuerOf, oauthError, REQUEST_URI_PREFIX, tooManyRequests } from './oauth-responses.js';

/** Accepts pushed authorization requests (RFC 9126). The OAuth client authenticates, not a user. */
@Public()
@UseFilters(OauthErrorFilter)
@Controller('/application/o/par')
export class PushedAuthorizationController {
  constructor(
    @Inject(OauthClientAuthenticator) private readonly authenticator: OauthClientAuthenticator,
    @Inject(AuthorizationGrantClient) private readonly grants: AuthorizationGrantClient,
    @Inject(AuthorizationRequestRateLimiter) private readonly rateLimiter: AuthorizationRequestRateLimiter,
    @Inject(TokenSigner) private readonly signer: TokenSigner,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Stores the request of a confidential client. Returns the `request_uri` for its user's browser. */
  @Post('')
  @UseGuards(AnonymousRateLimitGuard)
  async push(
    @OauthForm() form: OauthFields,
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
      this.rateLimiter.admit(client.client_id);
      return await this.store(exchange, client, form);
    } catch (error) {
      if (!(error instanceof RateLimitProblem)) throw error;
      return tooManyRequests(exchange, 'the client pushes too many requests a minute', error.retryAfterS);
    }
  }

  private async store(exchange: HttpExchange, client: OauthClient, form: OauthFields) {
    const { AUTHORIZATION_REQUEST_S: expires_in, AUTHORIZATION_REQUESTS_WAITING: maxWaiting } = this.config;
    const issuer = issuerOf(this.config, client.application.slug);
    const pushed = parseAuthorizationRequest(client, form, { issuer, limits: this.config });
    const hinted_user = await this.hintedUser(client, form, issuer);
    const reference = await this.grants.push({ ...pushed, hinted_user }, { lifetimeS: expires_in, maxWaiting });
    if (reference === undefined)
      return tooManyRequests(exchange, `${maxWaiting} requests of the client wait for their users`);
    void exchange.reply.status(HttpStatus.CREATED);
    return { request_uri: REQUEST_URI_PREFIX + reference, expires_in };
  }

  /**
   * Returns the user in `id_token_hint`; undefined without a hint. Throws OauthError if the hint is no ID token of the
   * client.
   */
  private async hintedUser({ client_id: audience }: OauthClient, form: OauthFields, issuer: string) {
    const hint = formText(form, 'id_token_hint');
    if (hint === undefined) return undefined;
    const user = await this.signer.subjectOf(hint, { issuer, audience });
    if (user === undefined)
      throw new OauthError(
        'invalid_request',
        'id_token_hint must be an ID token that Gatehouse has issued to this client',
      );
    return user;
  }
}
