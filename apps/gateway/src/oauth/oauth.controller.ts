import { MAX_DEVICE_SECRET_LENGTH } from '@gatehouse/contracts';
import type { OauthClient } from '@gatehouse/plan';
import { Controller, HttpCode, HttpStatus, Inject, Post, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import { AnonymousRateLimitGuard } from '../http/rate-limits/anonymous-rate-limiter.js';
import { UserRepository } from '../users/user.repository.js';
import { AuthorizationCodeGrant } from './authorization-code.grant.js';
import { SUPPORTED_SCOPES } from './authorization-start.js';
import { DeviceCodeRateLimitGuard } from './device-code-rate-limiter.js';
import { DeviceGrantClient } from './device-grant.client.js';
import { OauthClientAuthenticator } from './oauth-client.authenticator.js';
import { OauthErrorFilter } from './oauth-error.filter.js';
import { formText, type OauthFields, OauthForm } from './oauth-form.js';
import { DEVICE_CODE_GRANT, oauthError } from './oauth-responses.js';

/**
 * Issues device codes, and tokens for device codes (RFC 8628) and authorization codes that a user has approved. The OAuth
 * client authenticates, not a user.
 */
@Public()
@UseFilters(OauthErrorFilter)
@Controller('/application/o')
export class OauthController {
  constructor(
    @Inject(OauthClientAuthenticator) private readonly authenticator: OauthClientAuthenticator,
    @Inject(DeviceGrantClient) private readonly grants: DeviceGrantClient,
    @Inject(AuthorizationCodeGrant) private readonly codes: AuthorizationCodeGrant,
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Returns new codes for a device (RFC 8628 §3.1). */
  @Post('device/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(DeviceCodeRateLimitGuard)
  async device(
    @OauthForm() form: OauthFields,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const client = await this.authenticator.find(request, form, { requireSecret: false });
    if (!client) return oauthError({ request, reply }, 'invalid_client');
    const { client_id, application, code_lifetime_s: expires_in } = client;
    const scopes = requestedScopes(form);
    const codes = await this.grants.issue({ client_id, application: application.uuid, scopes }, expires_in);
    const verification_uri = new URL('/device', this.config.BASE_URL).href;
    const { user_code, ...rest } = codes;
    const complete = `${verification_uri}?${new URLSearchParams({ code: user_code })}`;
    return { ...rest, user_code, verification_uri, verification_uri_complete: complete, expires_in };
  }

  /** Returns the tokens of an authorization code or of an approved device, else an error code (RFC 6749 §5.2, RFC 8628 §3.5). */
  @Post('token/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(AnonymousRateLimitGuard)
  async token(
    @OauthForm() form: OauthFields,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const grant = formText(form, 'grant_type');
    if (grant === undefined) return oauthError({ request, reply }, 'invalid_request');
    if (grant !== DEVICE_CODE_GRANT && grant !== 'authorization_code')
      return oauthError({ request, reply }, 'unsupported_grant_type');
    const client = await this.authenticator.find(request, form, { requireSecret: true });
    if (!client) return oauthError({ request, reply }, 'invalid_client');
    const result =
      grant === DEVICE_CODE_GRANT
        ? await this.redeem(client, formText(form, 'device_code'))
        : await this.codes.redeem(client, form);
    return 'error' in result ? oauthError({ request, reply }, String(result.error)) : result;
  }

  /**
   * Returns the token of a device, or an error code. Returns `access_denied` if the user was disabled after the
   * approval.
   */
  private async redeem({ client_id, token_lifetime_s }: OauthClient, deviceCode: string | undefined) {
    if (deviceCode === undefined || deviceCode.length > MAX_DEVICE_SECRET_LENGTH) return { error: 'invalid_grant' };
    const poll = { deviceCode, clientId: client_id, lifetimeS: token_lifetime_s };
    const redeemed = await this.grants.redeem(poll);
    if ('error' in redeemed) return redeemed;
    if (!(await this.users.findActive(redeemed.user))) return { error: 'access_denied' };
    const { access_token, scopes } = redeemed;
    return { access_token, token_type: 'Bearer', expires_in: token_lifetime_s, scope: scopes.join(' ') };
  }
}

/** Returns the requested scopes that are supported (RFC 6749 §3.3). */
const requestedScopes = (form: OauthFields): string[] => {
  const requested = new Set((formText(form, 'scope') ?? '').split(' '));
  return Object.keys(SUPPORTED_SCOPES).filter((scope) => requested.has(scope));
};
