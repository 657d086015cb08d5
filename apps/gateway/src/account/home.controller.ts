import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowAnonymous } from '../http/auth/auth.guard.js';
import { loginUrl } from '../http/login-url.js';
import { queryTextIn } from '../http/query.js';
import { SETUP_PATH } from '../setup/setup.controller.js';
import { SetupService } from '../setup/setup.service.js';
import { ACCOUNT_PAGE_PATH } from './account-page.controller.js';

/**
 * The root URL `/`, where a flow without a destination ends. Redirects a user to the account page, and an anonymous
 * visitor to the login, or to the set-up page of a new installation.
 */
@Controller()
export class HomeController {
  constructor(@Inject(SetupService) private readonly setup: SetupService) {}

  @Get('/')
  @AllowAnonymous()
  async home(@Req() { principal, url }: FastifyRequest, @Res() reply: FastifyReply) {
    if (!principal) {
      const isOpen = (await this.setup.state()) === 'open';
      return reply.redirect(isOpen ? SETUP_PATH : loginUrl('/'), 302);
    }
    const query = queryTextIn(url);
    return reply.redirect(query === '' ? ACCOUNT_PAGE_PATH : `${ACCOUNT_PAGE_PATH}?${query}`, 302);
  }
}
