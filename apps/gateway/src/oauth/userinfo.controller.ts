import { MAX_DEVICE_SECRET_LENGTH } from '@gatehouse/contracts';
import type { Identity } from '@gatehouse/executor';
import { Controller, Get, HttpCode, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClientResolver } from '../http/client-info.js';
import { AnonymousRateLimiter } from '../http/rate-limits/anonymous-rate-limiter.js';
import { Grantors } from '../users/grantors.js';
import { DeviceGrants } from './device-grants.js';
import { OauthClients } from './oauth-clients.js';

/** Says to a device whom its token stands for, as far as they have allowed (OpenID Connect Core §5.3). */
@Controller('/application/o/userinfo')
export class UserinfoController {
  constructor(
    @Inject(DeviceGrants) private readonly grants: DeviceGrants,
    @Inject(Grantors) private readonly grantors: Grantors,
    @Inject(OauthClients) private readonly oauthClients: OauthClients,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(AnonymousRateLimiter) private readonly gate: AnonymousRateLimiter,
  ) {}

  @Get('')
  show(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.told(request, reply);
  }

  @Post('')
  @HttpCode(HttpStatus.OK)
  tell(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.told(request, reply);
  }

  private async told(request: FastifyRequest, reply: FastifyReply) {
    this.gate.admit((await this.clients.of(request)).ip, reply);
    const granted = await this.grantOf(request);
    if (!granted) return refused(reply, HttpStatus.UNAUTHORIZED, 'invalid_token');
    if (!granted.scopes.includes('openid')) return refused(reply, HttpStatus.FORBIDDEN, 'insufficient_scope');
    return claimsOf(granted.user, granted.scopes);
  }

  /** A token counts while its client is there, and whoever gave it. */
  private async grantOf({ headers }: FastifyRequest) {
    const [, token] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (token === undefined || token.length > MAX_DEVICE_SECRET_LENGTH) return undefined;
    const granted = await this.grants.findToken(token);
    const client = granted && (await this.oauthClients.find(granted.client_id));
    if (!granted || client?.application.uuid !== granted.application) return undefined;
    const user = await this.grantors.find(granted.user);
    return user && { user, scopes: granted.scopes };
  }
}

function claimsOf({ uuid, username, name, email }: Identity, scopes: readonly string[]) {
  return {
    sub: uuid,
    ...(scopes.includes('profile') ? { name, preferred_username: username, nickname: username } : {}),
    // Nobody has shown that it is theirs.
    ...(scopes.includes('email') ? { email, email_verified: false } : {}),
  };
}

/** A refusal in the words of RFC 6750 §3.1. */
function refused(reply: FastifyReply, status: HttpStatus, error: string) {
  void reply.status(status).header('www-authenticate', `Bearer error="${error}"`);
  return { error };
}
