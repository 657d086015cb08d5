import { PLEX_SOURCE, Problem, type PublishedSource, plexSourceConfig } from '@gatehouse/contracts';
import { Body, Controller, HttpCode, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AuthService } from '../http/auth/auth.service.js';
import { InvalidBody } from '../http/body.parser.js';
import { crossSiteFailure } from '../http/csrf.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { genericError, validationError } from '../http/problem.bodies.js';
import { SourceLoginService } from './source-login.service.js';

const tokenRequest = z
  .object({ plex_token: z.string().min(1).max(2000) })
  .meta({ id: 'PlexTokenRedeemRequest', description: 'What Plex gave to the page.' });
const redirect = z
  .object({ component: z.literal('xak-flow-redirect'), to: z.string() })
  .meta({ id: 'PlexRedeemed', description: 'Where to go on.' });
const slugQuery = { slug: z.string().meta({ description: 'The source.' }) };
const NO_TOKEN = ['No plex token given'];

/** Takes what Plex gives to a page that somebody signs in by (docs/spec/sources.md#plex). */
@Controller('/api/v3/sources/plex')
export class PlexController {
  constructor(
    @Inject(SourceLoginService) private readonly desk: SourceLoginService,
    @Inject(AuthService) private readonly principals: AuthService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @ApiEndpoint({
    id: 'sources_plex_redeem_token_create',
    description: 'Signs in by a token of Plex, and says where to go on.',
    tag: 'sources',
    anonymous: true,
    query: slugQuery,
    body: tokenRequest,
    answers: { 200: redirect, 400: validationError, 403: genericError, 404: genericError },
  })
  @Post('redeem_token/')
  @HttpCode(HttpStatus.OK)
  async redeem(@Body() body: unknown, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const exchange = { request, reply };
    await this.desk.visitorOf(exchange);
    const forged = crossSiteFailure(request, this.config.BASE_URL);
    if (forged) throw new Problem('csrf_failed', { detail: forged });
    const source = await this.load(request);
    const plex_token = tokenOf(body);
    if (plex_token === undefined) return void reply.status(HttpStatus.BAD_REQUEST).send(NO_TOKEN);
    const way = await this.desk.receive(exchange, { source, proof: { plex_token }, query: {} });
    if ('turned' in way) throw new Problem('permission_denied', { detail: way.turned.why });
    return { component: 'xak-flow-redirect', to: way.to };
  }

  @ApiEndpoint({
    id: 'sources_plex_redeem_token_authenticated_create',
    description: 'Connects whoever is logged in with the account of a token of Plex.',
    tag: 'sources',
    query: slugQuery,
    body: tokenRequest,
    answers: { 204: null, 400: validationError, 403: genericError, 404: genericError },
  })
  @Post('redeem_token_authenticated/')
  @HttpCode(HttpStatus.NO_CONTENT)
  async connect(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const exchange = { request, reply };
    const principal = await this.principals.loadForChange(exchange);
    const source = await this.load(request);
    const plex_token = tokenOf(body);
    if (plex_token === undefined) return void reply.status(HttpStatus.BAD_REQUEST).send(NO_TOKEN);
    const way = await this.desk.connect(exchange, { source, proof: { plex_token }, principal });
    if ('turned' in way) throw new Problem('permission_denied', { detail: way.turned.why });
  }

  private async load({ query }: FastifyRequest): Promise<PublishedSource> {
    const slug = plexSourceConfig.shape.slug.safeParse((query as { slug?: unknown }).slug);
    if (!slug.success) throw new Problem('not_found');
    return this.desk.load(slug.data, PLEX_SOURCE);
  }
}

/** Undefined for what is no token. Throws what the body cannot be read for. */
function tokenOf(body: unknown): string | undefined {
  if (body instanceof InvalidBody) throw body.problem;
  return tokenRequest.safeParse(body).data?.plex_token;
}
