import { MAX_DEVICE_SECRET_LENGTH } from '@gatehouse/contracts';
import { Controller, Get, HttpCode, HttpStatus, Inject, Post, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../http/auth/auth.guard.js';
import { AnonymousRateLimitGuard } from '../http/rate-limits/anonymous-rate-limiter.js';
import { UserRepository } from '../users/user.repository.js';
import { DeviceGrantClient } from './device-grant.client.js';
import { OauthClientRepository } from './oauth-client.repository.js';
import { OauthErrorFilter } from './oauth-error.filter.js';
import { type OauthFields, OauthForm } from './oauth-form.js';
import { claimsOf } from './user-claims.js';

/**
 * Returns the claims about the user of an access token, as far as the scopes of the token allow (OpenID Connect Core
 * §5.3). Accepts the access tokens of devices and of web applications.
 */
@Public()
@UseFilters(OauthErrorFilter)
@UseGuards(AnonymousRateLimitGuard)
@Controller('/application/o/userinfo')
export class UserinfoController {
  constructor(
    @Inject(DeviceGrantClient) private readonly grants: DeviceGrantClient,
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(OauthClientRepository) private readonly oauthClients: OauthClientRepository,
  ) {}

  @Get('')
  get(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.userinfo(request, reply);
  }

  @Post('')
  @HttpCode(HttpStatus.OK)
  post(
    @OauthForm() { access_token }: OauthFields,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    // The token is read only from the header. A request must not contain two tokens (RFC 6750 §2).
    if (access_token !== undefined) return bearerError(reply, HttpStatus.BAD_REQUEST, 'invalid_request');
    return this.userinfo(request, reply);
  }

  private async userinfo(request: FastifyRequest, reply: FastifyReply) {
    if (!/^bearer\b/i.test(request.headers.authorization ?? '')) return askForToken(reply);
    const grant = await this.findGrant(request);
    if (!grant) return bearerError(reply, HttpStatus.UNAUTHORIZED, 'invalid_token');
    if (!grant.scopes.includes('openid')) return bearerError(reply, HttpStatus.FORBIDDEN, 'insufficient_scope');
    return claimsOf(grant.user, grant.scopes);
  }

  /** Returns the user and the scopes of a token whose client still exists and whose user is still active. */
  private async findGrant({ headers }: FastifyRequest) {
    const [, token] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (token === undefined || token.length > MAX_DEVICE_SECRET_LENGTH) return undefined;
    const grant = await this.grants.findToken(token);
    const client = grant && (await this.oauthClients.find(grant.client_id));
    if (!grant || client?.application.uuid !== grant.application) return undefined;
    const user = await this.users.findActive(grant.user);
    return user && { user, scopes: grant.scopes };
  }
}

/**
 * Returns 401 without an error code, because the client may not know that the endpoint needs a token (RFC 6750 §3.1).
 */
function askForToken(reply: FastifyReply) {
  void reply.status(HttpStatus.UNAUTHORIZED).header('www-authenticate', 'Bearer');
  return {};
}

/** Returns an error response (RFC 6750 §3.1). */
function bearerError(reply: FastifyReply, status: HttpStatus, error: string) {
  void reply.status(status).header('www-authenticate', `Bearer error="${error}"`);
  return { error };
}
