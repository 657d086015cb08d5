import { Problem, SETUP_STARTED_BY } from '@gatehouse/contracts';
import { Controller, Get, Head, HttpStatus, Inject, Req, Res, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FlowService } from '../flows/flow.service.js';
import { AllowAnonymous, Public } from '../http/auth/auth.guard.js';
import { crossSiteOf } from '../http/cross-site-request.js';
import { loginUrl } from '../http/login-url.js';
import { AnonymousRateLimitGuard } from '../http/rate-limits/anonymous-rate-limiter.js';
import { FILE_ROUTE, SINCE_2026_ROUTE } from '../http/routing.hooks.js';
import { SETUP_FLOW, SetupService } from './setup.service.js';

/** Path of the set-up page. */
export const SETUP_PATH = '/setup';

const ROUTE = { ...FILE_ROUTE, ...SINCE_2026_ROUTE };

/** The set-up page of a new installation (docs/spec/executor.md#setup). */
@Controller(SETUP_PATH)
export class SetupController {
  constructor(
    @Inject(SetupService) private readonly setup: SetupService,
    @Inject(FlowService) private readonly flows: FlowService,
  ) {}

  /** Returns 200 if the set-up can start, else 503. */
  @Head('')
  @Public()
  @UseGuards(AnonymousRateLimitGuard)
  @RouteConfig(ROUTE)
  async probe(@Res() reply: FastifyReply) {
    const isOpen = (await this.setup.state()) === 'open';
    return reply.status(isOpen ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE).send();
  }

  /**
   * Starts the set-up flow and redirects to its page. Redirects to `/` if the installation is set up, or if the visitor
   * is logged in. Redirects to the login if the flow does not admit the visitor, because `/` would redirect here again.
   * Throws `setup_unavailable`, and the other problems of `FlowStarter.start`.
   */
  @Get('')
  @AllowAnonymous()
  @RouteConfig(ROUTE)
  async start(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const state = await this.setup.state();
    if (state === 'done' || request.principal) return reply.redirect('/', 302);
    if (state === 'unavailable') throw new Problem('setup_unavailable');
    const params = { slug: SETUP_FLOW, query: {}, crossSite: crossSiteOf(request) };
    const options = { visitor: undefined, context: { [SETUP_STARTED_BY]: 'setup' as const }, keepsSession: true };
    try {
      await this.flows.begin({ request, reply }, params, options);
    } catch (error) {
      if (error instanceof Problem && error.code === 'flow_not_applicable') return reply.redirect(loginUrl('/'), 302);
      throw error;
    }
    return reply.redirect(`/if/flow/${SETUP_FLOW}/`, 302);
  }
}
