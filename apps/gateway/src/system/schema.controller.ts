import { FIELDS_COMPLETE } from '@gatehouse/contracts';
import { Controller, Get, Header, Inject, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Public } from '../http/auth/auth.guard.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { CompleteSchema, PublishedSchema } from '../http/openapi/published-schema.js';

const YAML = ['application/vnd.oai.openapi', 'application/yaml'] as const;
const JSONS = ['application/json', 'application/vnd.oai.openapi+json'] as const;

const format = z
  .enum(['json', 'yaml'])
  .optional()
  .meta({ description: 'Format of the document. Takes precedence over the header `Accept`.' });
const fields = z
  .enum([FIELDS_COMPLETE])
  .optional()
  .meta({ description: 'Describes all fields, which a client gets that asks for them by a request header.' });
const anything = z.record(z.string(), z.unknown());

/** The published OpenAPI schema. */
@Public()
@Controller('/api/v3/schema')
export class SchemaController {
  constructor(
    @Inject(PublishedSchema) private readonly published: PublishedSchema,
    @Inject(CompleteSchema) private readonly complete: CompleteSchema,
  ) {}

  /** Returns JSON if the query or `Accept` asks for it, else YAML. */
  @ApiEndpoint({
    id: 'schema_retrieve',
    description: 'Returns this OpenAPI document.',
    tag: 'schema',
    anonymous: true,
    query: { format, fields },
    answers: { 200: anything },
    produces: [...YAML, ...JSONS],
  })
  @Get('/')
  @Header('vary', 'Accept, Cookie')
  retrieve(
    @Query('format') requested: unknown,
    @Query('fields') wanted: unknown,
    @Req() { headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): string {
    const type = requested === 'json' ? JSONS[0] : requested === 'yaml' ? YAML[0] : negotiateType(headers.accept ?? '');
    void reply.type(`${type}; charset=utf-8`);
    const schema = wanted === FIELDS_COMPLETE ? this.complete : this.published;
    return type.endsWith('json') ? schema.json : schema.yaml;
  }
}

/** Returns the media type that the gateway can produce and that has the highest weight in an `Accept` header. */
function negotiateType(accept: string): string {
  const ranges = accept.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    return { type, weight: weight ? Number(weight.slice(2)) : 1 };
  });
  const [best] = ranges
    .filter(({ type, weight }) => weight > 0 && [...YAML, ...JSONS, '*/*', 'application/*'].includes(type))
    .sort((a, b) => b.weight - a.weight);
  return best && !best.type.endsWith('*') ? best.type : YAML[0];
}
