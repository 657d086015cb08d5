import { randomUUID } from 'node:crypto';
import cookie from '@fastify/cookie';
import { blueprintMigrations, FLOW_SCHEMA } from '@gatehouse/blueprints';
import { Problem } from '@gatehouse/contracts';
import { connectNats, Logger, NatsRequester, openDataSource, serveMetrics } from '@gatehouse/platform';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Plans1764028860000 } from './adapters/migrations/1764028860000-plans.js';
import { ResumeTokens1764115260000 } from './adapters/migrations/1764115260000-resume-tokens.js';
import { TypeormJanitor } from './adapters/typeorm-janitor.js';
import type { GatewayConfig } from './gateway.config.js';
import { GatewayModule, type Ground } from './gateway.module.js';
import { parseBodies } from './http/body.parser.js';
import { ProblemFilter } from './http/problem.filter.js';
import { measure, standardHeaders, strictRouting } from './http/routing.hooks.js';
import { TLS_ONLY } from './http/session.cookie.js';

/** Everything that brings the schema `flow` up to date. */
export const flowMigrations = [...blueprintMigrations, Plans1764028860000, ResumeTokens1764115260000];

export interface Gateway {
  /** Where it listens, without a final slash. */
  readonly url: string;
  /** Resolves with the reason once NATS has refused this process for good, so that only another one can serve. */
  readonly refused: Promise<Error>;
  /** Answers what is under way, then lets go of everything. */
  close(): Promise<void>;
}

/** Opens the door: Postgres and NATS first, then HTTP. */
export async function startGateway(config: GatewayConfig): Promise<Gateway> {
  const logger = new Logger('gateway', config.LOG_LEVEL);
  const source = await openDataSource({
    url: config.DATABASE_URL,
    schema: FLOW_SCHEMA,
    poolSize: config.DATABASE_POOL,
  });
  const connection = await connectNats(config, 'gateway', logger);
  const requester = new NatsRequester(connection, '_INBOX_gateway');
  await requester.heard();
  await requester.heard();
  const app = await createApp({ config, source, requester, logger });
  const metricsServer = config.METRICS_PORT === undefined ? undefined : await serveMetrics(config.METRICS_PORT);
  const janitor = new TypeormJanitor(source, logger);
  janitor.start(config.CLEANUP_EVERY_S);
  await app.listen(config.PORT, config.HOST);
  const url = (await app.getUrl()).replace(/\/$/, '');
  return {
    url,
    refused: connection.closed().then((reason) => reason ?? new Promise<never>(() => undefined)),
    close: async () => {
      janitor.stop();
      await metricsServer?.close();
      await app.close();
      await requester.close();
      await source.destroy();
    },
  };
}

async function createApp(ground: Ground): Promise<NestFastifyApplication> {
  const { config, logger } = ground;
  const filter = new ProblemFilter(logger);
  const adapter = new FastifyAdapter({
    bodyLimit: config.BODY_LIMIT_BYTES,
    exposeHeadRoutes: false,
    // A slug that is too long names no flow; that is for the look-up to say, not for the router.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16_384 },
    genReqId: () => randomUUID().replaceAll('-', ''),
    // An address that cannot be decoded never reaches a route: it does not exist.
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      filter.answer(new Problem('not_found'), request, reply),
    trustProxy: config.TRUSTED_PROXIES === '' ? false : config.TRUSTED_PROXIES.split(',').map((proxy) => proxy.trim()),
  });
  const fastify = adapter.getInstance();
  measure(fastify);
  standardHeaders(fastify);
  strictRouting(fastify);
  parseBodies(fastify);
  if (config.BASE_URL.startsWith('https:')) fastify.decorate(TLS_ONLY, true);
  await fastify.register(cookie);
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.on(ground), adapter, {
    bodyParser: false,
    logger,
    abortOnError: false,
  });
  app.useGlobalFilters(filter);
  return app;
}
