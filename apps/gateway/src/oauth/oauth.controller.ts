import { MAX_DEVICE_SECRET_LENGTH } from '@gatehouse/contracts';
import type { OauthClient } from '@gatehouse/plan';
import { Body, Controller, HttpCode, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { InvalidBody } from '../http/body.parser.js';
import { ClientResolver } from '../http/client-info.js';
import type { HttpExchange } from '../http/exchange.js';
import { AnonymousRateLimiter } from '../http/rate-limits/anonymous-rate-limiter.js';
import { Grantors } from '../users/grantors.js';
import { SUPPORTED_SCOPES } from './device-authorization.service.js';
import { DeviceCodeRateLimiter } from './device-code-rate-limiter.js';
import { DeviceGrants } from './device-grants.js';
import { formText, OauthClientAuthenticator, type OauthForm } from './oauth-client.authenticator.js';

const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** What a device needs: codes to show and to ask with, and a token once somebody has let it in (RFC 8628). */
@Controller('/application/o')
export class OauthController {
  constructor(
    @Inject(OauthClientAuthenticator) private readonly auth: OauthClientAuthenticator,
    @Inject(DeviceGrants) private readonly grants: DeviceGrants,
    @Inject(Grantors) private readonly grantors: Grantors,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(AnonymousRateLimiter) private readonly strangers: AnonymousRateLimiter,
    @Inject(DeviceCodeRateLimiter) private readonly gate: DeviceCodeRateLimiter,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Codes for a device (RFC 8628 §3.1). */
  @Post('device/')
  @HttpCode(HttpStatus.OK)
  async device(@Body() body: unknown, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    this.gate.admit((await this.clients.of(request)).ip);
    const form = parseForm(body);
    const client = await this.auth.find(request, form, { proved: false });
    if (!client) return oauthError({ request, reply }, 'invalid_client');
    const { client_id, application, code_lifetime_s: expires_in } = client;
    const scopes = requestedScopes(form);
    const codes = await this.grants.issue({ client_id, application: application.uuid, scopes }, expires_in);
    const verification_uri = new URL('/device', this.config.BASE_URL).href;
    const { user_code, ...rest } = codes;
    const complete = `${verification_uri}?${new URLSearchParams({ code: user_code })}`;
    return { ...rest, user_code, verification_uri, verification_uri_complete: complete, expires_in };
  }

  /** The token for a device that was let in, and until then why there is none (RFC 8628 §3.4, §3.5). */
  @Post('token/')
  @HttpCode(HttpStatus.OK)
  async token(@Body() body: unknown, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    this.strangers.admit((await this.clients.of(request)).ip, reply);
    const form = parseForm(body);
    const grant = formText(form, 'grant_type');
    if (grant === undefined) return oauthError({ request, reply }, 'invalid_request');
    if (grant !== DEVICE_CODE_GRANT) return oauthError({ request, reply }, 'unsupported_grant_type');
    const client = await this.auth.find(request, form, { proved: true });
    if (!client) return oauthError({ request, reply }, 'invalid_client');
    const answer = await this.redeemed(client, formText(form, 'device_code'));
    return 'error' in answer ? oauthError({ request, reply }, answer.error) : answer;
  }

  /** Whoever was disabled since they let the device in does not any more. */
  private async redeemed({ client_id, token_lifetime_s }: OauthClient, deviceCode: string | undefined) {
    if (deviceCode === undefined || deviceCode.length > MAX_DEVICE_SECRET_LENGTH) return { error: 'invalid_grant' };
    const poll = { deviceCode, clientId: client_id, lifetimeS: token_lifetime_s };
    const redeemed = await this.grants.redeem(poll);
    if ('error' in redeemed) return redeemed;
    if (!(await this.grantors.find(redeemed.user))) return { error: 'access_denied' };
    const { access_token, scopes } = redeemed;
    return { access_token, token_type: 'Bearer', expires_in: token_lifetime_s, scope: scopes.join(' ') };
  }
}

/** What is not asked for by a form asks for nothing. Throws what keeps it from being read. */
export function parseForm(body: unknown): OauthForm {
  if (body instanceof InvalidBody) throw body.problem;
  return Object(body) as OauthForm;
}

/** What is asked for, of all that can be (RFC 6749 §3.3). */
const requestedScopes = (form: OauthForm): string[] => {
  const asked = new Set((formText(form, 'scope') ?? '').split(' '));
  return Object.keys(SUPPORTED_SCOPES).filter((scope) => asked.has(scope));
};

/** A refusal in the words of RFC 6749 §5.2. */
function oauthError({ request, reply }: HttpExchange, error: string) {
  const byHeader = error === 'invalid_client' && request.headers.authorization !== undefined;
  if (byHeader) void reply.header('www-authenticate', 'Basic realm="OAuth"');
  void reply.status(byHeader ? HttpStatus.UNAUTHORIZED : HttpStatus.BAD_REQUEST);
  return { error };
}
