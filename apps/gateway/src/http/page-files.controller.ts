import { Problem } from '@gatehouse/contracts';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FILE_ROUTE } from './routing.hooks.js';
import { type Encoding, FILES_ADDRESS, SitePages } from './site-pages.js';

/** The scripts of pages. Each has what it contains in its name, so that browsers ask for it once. */
@Controller(FILES_ADDRESS)
export class PageFilesController {
  constructor(@Inject(SitePages) private readonly pages: SitePages) {}

  @RouteConfig(FILE_ROUTE)
  @Get(':file')
  show(@Param('file') name: string, @Req() { headers }: FastifyRequest, @Res() reply: FastifyReply) {
    const file = this.pages.file(name);
    if (!file) throw new Problem('not_found');
    const encoding = encodingFor(headers['accept-encoding']);
    if (encoding !== 'identity') void reply.header('content-encoding', encoding);
    return reply
      .headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' })
      .type(file.type)
      .send(file.bytes[encoding]);
  }
}

/** The smallest form that the browser reads; one that it refuses (`q=0`) is not worth a parser: no browser does. */
const encodingFor = (accepted: unknown): Encoding =>
  (['br', 'gzip'] as const).find((encoding) => String(accepted ?? '').includes(encoding)) ?? 'identity';
