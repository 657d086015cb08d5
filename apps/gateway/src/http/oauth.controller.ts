import { MAX_DEVICE_SECRET } from '@gatehouse/contracts';
import type { OauthClient } from '@gatehouse/plan';
import { Body, Controller, HttpCode, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SCOPES } from '../execution/authorizations.js';
import { DeviceGrants } from '../execution/device-grants.js';
import { Grantors } from '../execution/grantors.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Unreadable } from './body.parser.js';
import { Clients } from './client.js';
import { DeviceGate } from './device.gate.js';
import type { Exchange } from './exchange.js';
import { OauthClientAuth, type OauthForm, textIn } from './oauth-client.auth.js';
import { StrangerGate } from './stranger.gate.js';

const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** What a device needs: codes to show and to ask with, and a token once somebody has let it in (RFC 8628). */
@Controller('/application/o')
export class OauthController {
  constructor(
    @Inject(OauthClientAuth) private readonly auth: OauthClientAuth,
    @Inject(DeviceGrants) private readonly grants: DeviceGrants,
    @Inject(Grantors) private readonly grantors: Grantors,
    @Inject(Clients) private readonly clients: Clients,
    @Inject(StrangerGate) private readonly strangers: StrangerGate,
    @Inject(DeviceGate) private readonly gate: DeviceGate,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Codes for a device (RFC 8628 §3.1). */
  @Post('device/')
  @HttpCode(HttpStatus.OK)
  async device(@Body() body: unknown, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    this.gate.admit((await this.clients.of(request)).ip);
    const form = formOf(body);
    const client = await this.auth.find(request, form, { proved: false });
    if (!client) return refused({ request, reply }, 'invalid_client');
    const { client_id, application, code_lifetime_s: expires_in } = client;
    const scopes = scopesOf(form);
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
    const form = formOf(body);
    const grant = textIn(form, 'grant_type');
    if (grant === undefined) return refused({ request, reply }, 'invalid_request');
    if (grant !== DEVICE_CODE_GRANT) return refused({ request, reply }, 'unsupported_grant_type');
    const client = await this.auth.find(request, form, { proved: true });
    if (!client) return refused({ request, reply }, 'invalid_client');
    const answer = await this.redeemed(client, textIn(form, 'device_code'));
    return 'error' in answer ? refused({ request, reply }, answer.error) : answer;
  }

  /** Whoever was disabled since they let the device in does not any more. */
  private async redeemed({ client_id, token_lifetime_s }: OauthClient, deviceCode: string | undefined) {
    if (deviceCode === undefined || deviceCode.length > MAX_DEVICE_SECRET) return { error: 'invalid_grant' };
    const poll = { deviceCode, clientId: client_id, lifetimeS: token_lifetime_s };
    const redeemed = await this.grants.redeem(poll);
    if ('error' in redeemed) return redeemed;
    if (!(await this.grantors.find(redeemed.user))) return { error: 'access_denied' };
    const { access_token, scopes } = redeemed;
    return { access_token, token_type: 'Bearer', expires_in: token_lifetime_s, scope: scopes.join(' ') };
  }
}

/** What is not asked for by a form asks for nothing. Throws what keeps it from being read. */
export function formOf(body: unknown): OauthForm {
  if (body instanceof Unreadable) throw body.problem;
  return Object(body) as OauthForm;
}

/** What is asked for, of all that can be (RFC 6749 §3.3). */
const scopesOf = (form: OauthForm): string[] => {
  const asked = new Set((textIn(form, 'scope') ?? '').split(' '));
  return Object.keys(SCOPES).filter((scope) => asked.has(scope));
};

/** A refusal in the words of RFC 6749 §5.2. */
function refused({ request, reply }: Exchange, error: string) {
  const byHeader = error === 'invalid_client' && request.headers.authorization !== undefined;
  if (byHeader) void reply.header('www-authenticate', 'Basic realm="OAuth"');
  void reply.status(byHeader ? HttpStatus.UNAUTHORIZED : HttpStatus.BAD_REQUEST);
  return { error };
}
