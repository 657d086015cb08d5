import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OWN_PAGE } from './own-page.controller.js';
import { Principals } from './principal.js';

/** Where a flow without a destination ends: a stranger is led to the login, anybody else to their own page. */
@Controller()
export class HomeController {
  constructor(@Inject(Principals) private readonly principals: Principals) {}

  @Get('/')
  async home(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const principal = await this.principals.find({ request, reply });
    if (!principal) return reply.redirect('/flows/-/default/authentication/?next=%2F', 302);
    const [, query] = request.url.split(/(?=\?)/, 2);
    return reply.redirect(`${OWN_PAGE}${query ?? ''}`, 302);
  }
}
