import { PLEX_SOURCE, Problem, type PublishedSource, plexSourceConfig } from '@gatehouse/contracts';
import { Body, Controller, HttpCode, HttpStatus, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AllowAnonymous, CurrentPrincipal } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { CsrfGuard } from '../http/auth/csrf.guard.js';
import { InvalidBody } from '../http/body.parser.js';
import { crossSiteFailure } from '../http/csrf.js';
import { ApiEndpoint, genericError, validationError } from '../http/openapi/api-endpoint.decorator.js';
import { SourceLoginService } from './source-login.service.js';

const tokenRequest = z
  .object({ plex_token: z.string().min(1).max(2000) })
  .meta({ id: 'PlexTokenRedeemRequest', description: 'The token that Plex has issued to the login page.' });
const redirect = z
  .object({ component: z.literal('xak-flow-redirect'), to: z.string() })
  .meta({ id: 'PlexRedeemed', description: 'The URL at which the client continues after the login at Plex.' });
const slugQuery = { slug: z.string().meta({ description: 'Slug of the source.' }) };
const NO_TOKEN = ['No plex token given'];

/** Logins and connections with a Plex token, which the page gets from Plex (docs/spec/sources.md#plex). */
@Controller('/api/v3/sources/plex')
export class PlexController {
  constructor(
    @Inject(SourceLoginService) private readonly logins: SourceLoginService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @ApiEndpoint({
    id: 'sources_plex_redeem_token_create',
    description: 'Logs in with a Plex token, and returns the URL at which the client continues.',
    tag: 'sources',
    anonymous: true,
    query: slugQuery,
    body: tokenRequest,
    answers: { 200: redirect, 400: validationError, 403: genericError, 404: genericError },
  })
  @Post('redeem_token/')
  @HttpCode(HttpStatus.OK)
  @AllowAnonymous()
  async redeem(@Body() body: unknown, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const failure = crossSiteFailure(request, this.config.BASE_URL);
    if (failure) throw new Problem('csrf_failed', { detail: failure });
    const source = await this.load(request);
    const plex_token = parseToken(body);
    if (plex_token === undefined) return void reply.status(HttpStatus.BAD_REQUEST).send(NO_TOKEN);
    const result = await this.logins.receive({ request, reply }, { source, proof: { plex_token }, query: {} });
    if ('refused' in result) throw new Problem('permission_denied', { detail: result.refused.why });
    return { component: 'xak-flow-redirect', to: result.to };
  }

  @ApiEndpoint({
    id: 'sources_plex_redeem_token_authenticated_create',
    description: 'Links the Plex account of the token to the logged-in user.',
    tag: 'sources',
    query: slugQuery,
    body: tokenRequest,
    answers: { 204: null, 400: validationError, 403: genericError, 404: genericError },
  })
  @Post('redeem_token_authenticated/')
  @HttpCode(HttpStatus.NO_CONTENT)
  @UseGuards(CsrfGuard)
  async connect(
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const source = await this.load(request);
    const plex_token = parseToken(body);
    if (plex_token === undefined) return void reply.status(HttpStatus.BAD_REQUEST).send(NO_TOKEN);
    const result = await this.logins.connect({ request, reply }, { source, proof: { plex_token }, principal });
    if ('refused' in result) throw new Problem('permission_denied', { detail: result.refused.why });
  }

  private async load({ query }: FastifyRequest): Promise<PublishedSource> {
    const slug = plexSourceConfig.shape.slug.safeParse((query as { slug?: unknown }).slug);
    if (!slug.success) throw new Problem('not_found');
    return this.logins.load(slug.data, PLEX_SOURCE);
  }
}

/**
 * Returns the Plex token in a body, or undefined if there is none. Throws the problem of a body that could not be read.
 * Handlers call this and use no pipe, so that an unknown source is reported before an invalid body.
 */
function parseToken(body: unknown): string | undefined {
  if (body instanceof InvalidBody) throw body.problem;
  return tokenRequest.safeParse(body).data?.plex_token;
}
