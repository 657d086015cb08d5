import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Brands } from '../execution/brands.js';
import { localeFor } from './language.js';
import { sendPage } from './page.sender.js';
import { pageBrand } from './page-brand.js';
import { Principals } from './principal.js';
import { SitePages } from './site-pages.js';

/** Where a flow without a destination ends: a stranger is led to the login, anybody else told who they are. */
@Controller()
export class HomeController {
  constructor(
    @Inject(Principals) private readonly principals: Principals,
    @Inject(SitePages) private readonly pages: SitePages,
    @Inject(Brands) private readonly brands: Brands,
  ) {}

  @Get('/')
  async home(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const principal = await this.principals.find({ request, reply });
    if (!principal) return reply.redirect('/flows/-/default/authentication/?next=%2F', 302);
    const { user } = principal;
    const brand = await this.brands.find(request.host);
    const locale = localeFor(request, { user, brand });
    return sendPage(reply, this.pages.home({ brand: pageBrand(brand), locale, username: user.username }));
  }
}
