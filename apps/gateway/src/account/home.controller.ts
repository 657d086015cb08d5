import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuthService } from '../http/auth/auth.service.js';
import { ACCOUNT_PAGE_PATH } from './account-page.controller.js';

/** Where a flow without a destination ends: a stranger is led to the login, anybody else to their own page. */
@Controller()
export class HomeController {
  constructor(@Inject(AuthService) private readonly principals: AuthService) {}

  @Get('/')
  async home(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const principal = await this.principals.find({ request, reply });
    if (!principal) return reply.redirect('/flows/-/default/authentication/?next=%2F', 302);
    const [, query] = request.url.split(/(?=\?)/, 2);
    return reply.redirect(`${ACCOUNT_PAGE_PATH}${query ?? ''}`, 302);
  }
}
