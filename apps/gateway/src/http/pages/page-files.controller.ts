import { PROOF_OF_WORK_SCRIPT, Problem } from '@gatehouse/contracts';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../auth/auth.guard.js';
import { FILE_ROUTE } from '../routing.hooks.js';
import { type Encoding, FILES_ADDRESS, PageRenderer, type StaticFile } from './page-renderer.js';

/**
 * Serves the proof-of-work script. Its URL stays the same when the script changes, so browsers cache it for minutes
 * only.
 */
@Public()
@Controller(PROOF_OF_WORK_SCRIPT)
export class ProofOfWorkScriptController {
  constructor(@Inject(PageRenderer) private readonly pages: PageRenderer) {}

  @RouteConfig(FILE_ROUTE)
  @Get('')
  show(@Req() { headers }: FastifyRequest, @Res() reply: FastifyReply) {
    return sendFile(reply, this.pages.proofScript, { headers, cacheControl: 'public, max-age=600' });
  }
}

/**
 * Serves the scripts of pages. Their names contain a hash of their content, so browsers cache them without a time
 * limit.
 */
@Public()
@Controller(FILES_ADDRESS)
export class PageFilesController {
  constructor(@Inject(PageRenderer) private readonly pages: PageRenderer) {}

  @RouteConfig(FILE_ROUTE)
  @Get(':file')
  show(@Param('file') name: string, @Req() { headers }: FastifyRequest, @Res() reply: FastifyReply) {
    const file = this.pages.file(name);
    if (!file) throw new Problem('not_found');
    return sendFile(reply, file, { headers, cacheControl: 'public, max-age=31536000, immutable' });
  }
}

interface FileResponseOptions {
  readonly headers: FastifyRequest['headers'];
  readonly cacheControl: string;
}

function sendFile(reply: FastifyReply, file: StaticFile, { headers, cacheControl }: FileResponseOptions) {
  const encoding = encodingFor(headers['accept-encoding']);
  if (encoding !== 'identity') void reply.header('content-encoding', encoding);
  return reply
    .headers({ 'cache-control': cacheControl, vary: 'accept-encoding' })
    .type(file.type)
    .send(file.bytes[encoding]);
}

/** Returns the encoding with the smallest file that the browser accepts. Ignores `q=0`, which no browser sends. */
const encodingFor = (acceptEncoding: unknown): Encoding =>
  (['br', 'gzip'] as const).find((encoding) => String(acceptEncoding ?? '').includes(encoding)) ?? 'identity';
