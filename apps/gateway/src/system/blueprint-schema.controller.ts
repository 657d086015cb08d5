import { createHash } from 'node:crypto';
import { blueprintSchema } from '@gatehouse/blueprints';
import { Controller, Get, Head, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import { FILE_ROUTE } from '../http/routing.hooks.js';

/**
 * The JSON Schema of blueprints for the configured API version, which editors load
 * (docs/how-to/write-blueprints-in-an-editor.md).
 */
@Public()
@Controller('/schemas/blueprint.json')
export class BlueprintSchemaController {
  #built: SchemaDocument | undefined;

  constructor(@Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION'>) {}

  /** Returns the schema, or 304 if the client has it already. */
  @RouteConfig(FILE_ROUTE)
  @Get('')
  show(@Req() { headers }: FastifyRequest, @Res() reply: FastifyReply) {
    const { text, etag } = this.document;
    void reply.headers({ etag, 'cache-control': 'public, no-cache' });
    if (headers['if-none-match'] === etag) return reply.status(304).send();
    return reply.type('application/schema+json; charset=utf-8').send(text);
  }

  /** Returns the headers of the schema. Editors and proxies use them to revalidate their caches. */
  @RouteConfig(FILE_ROUTE)
  @Head('')
  showHeaders(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.show(request, reply);
  }

  /** Built at the first request, because building takes 50 ms, and few gateways serve the schema. */
  private get document(): SchemaDocument {
    this.#built ??= documentOf(blueprintSchema(this.config.API_VERSION));
    return this.#built;
  }
}

interface SchemaDocument {
  readonly text: string;
  readonly etag: string;
}

function documentOf(schema: object): SchemaDocument {
  const text = JSON.stringify(schema);
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` };
}
