import { Problem } from '@gatehouse/contracts';
import { Controller, Get, Param, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { Public } from '../http/auth/auth.guard.js';
import { FILE_ROUTE } from '../http/routing.hooks.js';
import { initialsSvg } from '../users/avatars/initials.avatar.js';

const FILE = /^([a-z]{1,20})\.svg$/;

/** Default icons of sources: the initials of the provider type, because the logos of providers may not be copied. */
@Public()
@Controller('/static/authentik/sources')
export class SourceIconsController {
  @RouteConfig(FILE_ROUTE)
  @Get(':file')
  show(@Param('file') name: string, @Res() reply: FastifyReply) {
    const [, type] = FILE.exec(name) ?? [];
    if (type === undefined) throw new Problem('not_found');
    return reply.header('cache-control', 'public, max-age=86400').type('image/svg+xml').send(initialsSvg(type));
  }
}
