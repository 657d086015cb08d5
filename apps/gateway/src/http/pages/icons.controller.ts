import { BrandStore } from '@gatehouse/executor';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../auth/auth.guard.js';
import { FILE_ROUTE } from '../routing.hooks.js';
import { ICON_TYPES, PageRenderer } from './page-renderer.js';

const CACHE_CONTROL = 'public, max-age=86400';

/** The icons that browsers and phones request at the root of the site, whether a page links them or not. */
@Public()
@Controller()
export class IconsController {
  constructor(
    @Inject(PageRenderer) private readonly pages: PageRenderer,
    @Inject(BrandStore) private readonly brands: BrandStore,
  ) {}

  /** Redirects to the icon of the host's brand, if the brand has one. */
  @RouteConfig(FILE_ROUTE)
  @Get('/favicon.ico')
  favicon(@Req() { host }: FastifyRequest, @Res() reply: FastifyReply) {
    // The brand that was loaded last is recent enough for an icon, and costs no query.
    const { favicon } = this.brands.lastKnown(host);
    if (!favicon || isFaviconOf(host, favicon)) return this.send(reply, '/favicon.ico');
    return reply.header('cache-control', CACHE_CONTROL).redirect(favicon, 302);
  }

  @RouteConfig(FILE_ROUTE)
  @Get('/apple-touch-icon.png')
  touchIcon(@Res() reply: FastifyReply) {
    return this.send(reply, '/apple-touch-icon.png');
  }

  private send(reply: FastifyReply, path: keyof typeof ICON_TYPES) {
    return reply.header('cache-control', CACHE_CONTROL).type(ICON_TYPES[path]).send(this.pages.icon(path));
  }
}

/** Returns whether a URL is `/favicon.ico` of the host, so that a redirect to it would be a loop. */
function isFaviconOf(host: string, url: string): boolean {
  const base = `http://${host}`;
  if (!URL.canParse(url, base)) return true;
  const target = new URL(url, base);
  return target.host === new URL(base).host && target.pathname === '/favicon.ico';
}
