import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Brands } from '../execution/brands.js';
import { html } from './html.js';
import { newNonce, sendPage } from './page.sender.js';
import { drawPage } from './page.view.js';
import { Principals } from './principal.js';

/** Where a flow without a destination ends: a stranger is led to the login, anybody else told who they are. */
@Controller()
export class HomeController {
  constructor(
    @Inject(Principals) private readonly principals: Principals,
    @Inject(Brands) private readonly brands: Brands,
  ) {}

  @Get('/')
  async home(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const principal = await this.principals.find({ request, reply });
    if (!principal) return reply.redirect('/flows/-/default/authentication/?next=%2F', 302);
    const nonce = newNonce();
    const { title } = await this.brands.find(request.host);
    const body = html`<p>You are signed in as ${principal.user.username}.</p>`;
    return sendPage(reply, nonce, drawPage({ title, body }, { brand: title, nonce }));
  }
}
