import {
  IFRAME_LOGOUT_KIND,
  IFRAME_SESSIONS,
  iframeSessionOf,
  POST_LOGOUT_REDIRECT,
  Problem,
  SESSION_END_KIND,
  type SignedInApplication,
  sentence,
  withParameters,
} from '@gatehouse/contracts';
import { BrandStore } from '@gatehouse/executor';
import { clientLaunchUrl, type OauthClient } from '@gatehouse/plan';
import { Body, Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FlowService } from '../flows/flow.service.js';
import { inspectorQuery } from '../flows/inspector/inspection-permission.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AllowAnonymous } from '../http/auth/auth.guard.js';
import { crossSiteOf } from '../http/cross-site-request.js';
import { singleValue, withQuery } from '../http/query.js';
import { FormPipe } from '../http/zod-body.pipe.js';
import { OauthClientRepository } from './oauth-client.repository.js';
import { SignedInApplicationRepository } from './signed-in-application.repository.js';

const UNKNOWN_ADDRESS = sentence('The application does not have this address.');

/** The parameters of a logout, which determine where the visitor is redirected afterwards. */
interface Query {
  readonly post_logout_redirect_uri?: unknown;
  readonly state?: unknown;
}

/** Logs visitors out for an application (OpenID Connect RP-Initiated Logout). */
@Controller('/application/o')
export class EndSessionController {
  constructor(
    @Inject(OauthClientRepository) private readonly clients: OauthClientRepository,
    @Inject(SignedInApplicationRepository) private readonly applications: SignedInApplicationRepository,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(FlowService) private readonly flowService: FlowService,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION'>,
  ) {}

  /**
   * Redirects to the invalidation flow of the brand, which ends at `post_logout_redirect_uri`. Under 2026.8, the flow
   * is that of the provider, if it has one, and its last step shows that the session has ended. If another site sent
   * the visitor, the flow asks for confirmation first. Redirects an anonymous visitor to `post_logout_redirect_uri` at
   * once. Throws `not_found` for an address that the client has not registered, and `parameter_repeated`.
   */
  @Get(':application/end-session/')
  @AllowAnonymous()
  async endSession(@Param('application') slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const client = await this.clientOf(slug);
    const destination = destinationOf(client, request.query as Query);
    const { principal } = request;
    const { invalidation } = (await this.brands.find(request.host)).flowsByPurpose;
    const isNewest = this.config.API_VERSION === '2026.8';
    const flow = (isNewest ? client.invalidation_flow : undefined) ?? invalidation;
    if (!principal || principal.byToken || flow === undefined) return reply.redirect(destination ?? '/', 302);
    const params = { slug: flow, query: {}, crossSite: crossSiteOf(request) };
    const start = isNewest
      ? logoutStart(client, { destination, invalidation, notified: await this.toNotify(client, principal.sessionId) })
      : { context: { redirect: destination ?? '/' } };
    await this.flowService.begin({ request, reply }, params, { visitor: principal.user, ...start });
    return reply.redirect(withQuery(`/if/flow/${flow}/`, inspectorQuery(principal.user, this.config.API_VERSION)), 302);
  }

  /**
   * Redirects to a GET of the same address with the parameters of the form. Only the GET logs the visitor out, so the
   * form needs no CSRF token. If another site sends the form, the browser sends the session cookie only with the GET,
   * which then asks for confirmation. Throws `unsupported_media_type` for a body that is not a form.
   */
  @Post(':application/end-session/')
  @AllowAnonymous()
  async redirectForm(
    @Param('application') slug: string,
    @Body(FormPipe) form: Query,
    @Req() { headers }: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    if (/^application\/json/i.test(headers['content-type'] ?? '')) throw new Problem('unsupported_media_type');
    destinationOf(await this.clientOf(slug), form);
    const parameters = Object.entries({
      post_logout_redirect_uri: singleValue(form.post_logout_redirect_uri),
      state: singleValue(form.state),
    }).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return reply.redirect(withQuery(`/application/o/${slug}/end-session/`, Object.fromEntries(parameters)), 303);
  }

  /**
   * Returns the application that the logout must notify, if the session has signed in to that application. A
   * `user_logout` stage notifies all applications of the session instead.
   */
  private async toNotify(client: OauthClient, sessionId: string | undefined): Promise<readonly SignedInApplication[]> {
    if (sessionId === undefined || client.frontchannel_logout_uri === undefined) return [];
    return (await this.applications.list(sessionId)).filter(({ client_id }) => client_id === client.client_id);
  }

  private async clientOf(slug: string): Promise<OauthClient> {
    const client = await this.clients.findByApplication(slug);
    if (!client) throw new Problem('not_found');
    return client;
  }
}

/**
 * Returns the address to which the application wants the visitor to return, with the parameter `state`; undefined if
 * the request names no address. Throws `not_found` for an address that the client has not registered.
 */
function destinationOf(client: OauthClient, { post_logout_redirect_uri, state }: Query): string | undefined {
  const uri = singleValue(post_logout_redirect_uri);
  if (uri === undefined) return undefined;
  if (typeof uri !== 'string' || ![...client.redirect_uris, ...client.logout_uris].includes(uri))
    throw new Problem('not_found', { detail: UNKNOWN_ADDRESS });
  const returned = singleValue(state);
  return withParameters(uri, { state: typeof returned === 'string' ? returned : undefined });
}

interface Logout {
  readonly destination: string | undefined;
  /** Slug of the flow in which visitors log out of Gatehouse. */
  readonly invalidation: string | undefined;
  /** The applications that the flow notifies of the logout, before its last step. */
  readonly notified: readonly SignedInApplication[];
}

/**
 * Returns the facts with which the logout flow of an application starts, and its additional last step, which shows that
 * the session has ended.
 */
function logoutStart(client: OauthClient, { destination, invalidation, notified }: Logout) {
  const { application } = client;
  const address = clientLaunchUrl(client);
  const config = {
    ...(invalidation !== undefined && { invalidation_flow_url: `/if/flow/${invalidation}/` }),
    ...(address !== undefined && { application_launch_url: address }),
  };
  const notification = notified.length > 0 ? [{ kind: IFRAME_LOGOUT_KIND, config: {} }] : [];
  return {
    context: {
      application,
      ...(destination !== undefined && { [POST_LOGOUT_REDIRECT]: destination }),
      ...(notified.length > 0 && { [IFRAME_SESSIONS]: notified.map(iframeSessionOf) }),
    },
    insert: { where: 'last' as const, steps: [...notification, { kind: SESSION_END_KIND, config }] },
  };
}
