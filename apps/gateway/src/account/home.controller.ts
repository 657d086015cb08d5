import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowAnonymous } from '../http/auth/auth.guard.js';
import { loginUrl } from '../http/login-url.js';
import { ACCOUNT_PAGE_PATH } from './account-page.controller.js';

/**
 * The root URL `/`, where a flow without a destination ends. Redirects an anonymous visitor to the login, and a user to
 * the account page.
 */
@Controller()
export class HomeController {
  @Get('/')
  @AllowAnonymous()
  home(@Req() { principal, url }: FastifyRequest, @Res() reply: FastifyReply) {
    if (!principal) return reply.redirect(loginUrl('/'), 302);
    const [, query] = url.split(/(?=\?)/, 2);
    return reply.redirect(`${ACCOUNT_PAGE_PATH}${query ?? ''}`, 302);
  }
}
