import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { localeFor } from './language.js';
import { sendPage } from './page.sender.js';
import { Principals } from './principal.js';
import { SitePages } from './site-pages.js';

/** Where a flow without a destination ends: a stranger is led to the login, anybody else told who they are. */
@Controller()
export class HomeController {
  constructor(
    @Inject(Principals) private readonly principals: Principals,
    @Inject(SitePages) private readonly pages: SitePages,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get('/')
  async home(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const principal = await this.principals.find({ request, reply });
    if (!principal) return reply.redirect('/flows/-/default/authentication/?next=%2F', 302);
    const { user } = principal;
    const brand = { title: this.config.BRAND };
    const locale = localeFor(request, user);
    return sendPage(reply, this.pages.home({ brand, locale, username: user.username }));
  }
}
