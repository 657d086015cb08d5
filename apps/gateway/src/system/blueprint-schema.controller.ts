import { createHash } from 'node:crypto';
import { blueprintSchema } from '@gatehouse/blueprints';
import { Controller, Get, Head, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import { FILE_ROUTE } from '../http/routing.hooks.js';

/** The JSON Schema of blueprints of the line, which editors load (docs/how-to/write-blueprints-in-an-editor.md). */
@Public()
@Controller('/schemas/blueprint.json')
export class BlueprintSchemaController {
  readonly #text: string;
  readonly #etag: string;

  constructor(@Inject(GATEWAY_CONFIG) { API_VERSION }: Pick<GatewayConfig, 'API_VERSION'>) {
    this.#text = JSON.stringify(blueprintSchema(API_VERSION));
    this.#etag = `"${createHash('sha256').update(this.#text).digest('base64url')}"`;
  }

  /** Returns the schema, or 304 if the client has it already. */
  @RouteConfig(FILE_ROUTE)
  @Get('')
  show(@Req() { headers }: FastifyRequest, @Res() reply: FastifyReply) {
    void reply.headers({ etag: this.#etag, 'cache-control': 'public, no-cache' });
    if (headers['if-none-match'] === this.#etag) return reply.status(304).send();
    return reply.type('application/schema+json; charset=utf-8').send(this.#text);
  }

  /** Returns the headers of the schema, with which editors and proxies look for changes. */
  @RouteConfig(FILE_ROUTE)
  @Head('')
  showHeaders(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.show(request, reply);
  }
}
