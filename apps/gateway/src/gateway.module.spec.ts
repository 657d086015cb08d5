import { InProcessBus, Logger, MaxmindGeoLocator, openDataSource, Readiness, readConfig } from '@gatehouse/platform';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { gatewayConfig } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';
import { Admission } from './http/admission/admission.js';
import { CompleteSchema } from './http/openapi/published-schema.js';
import { PageRenderer } from './http/pages/page-renderer.js';
import type { Infrastructure } from './infrastructure.module.js';

/** The page that shows the schema in a browser. It is not part of the API. */
const PAGE = 'GET /api/v3/';

describe('the published schema', () => {
  let database: FreshDatabase;
  let infrastructure: Infrastructure;
  let app: NestFastifyApplication;
  const routes = new Set<string>();

  beforeAll(async () => {
    database = await freshDatabase();
    infrastructure = await openInfrastructure(database);
    const adapter = new FastifyAdapter({ exposeHeadRoutes: false });
    adapter.getInstance().addHook('onRoute', ({ url, method }) => {
      for (const name of [method].flat()) routes.add(`${name} ${url.replace(/\/?$/, '/')}`);
    });
    const module = GatewayModule.forRoot(infrastructure);
    app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: false });
    await app.init();
  });
  afterAll(async () => {
    await app.close();
    infrastructure.admission.stop();
    await infrastructure.requester.close();
    await infrastructure.source.destroy();
    await database.drop();
  });

  it('describes every endpoint of the API and no other', () => {
    const described = new Set(routesIn(app.get(CompleteSchema).document));
    const inApi = [...routes].filter((route) => / \/(api|-)\//.test(route) && route !== PAGE);

    expect(routes).toContain(PAGE);
    expect(inApi.filter((route) => !described.has(route))).toEqual([]);
    expect([...described].filter((route) => !routes.has(route))).toEqual([]);
  });
});

async function openInfrastructure(database: FreshDatabase): Promise<Infrastructure> {
  const config = readConfig(gatewayConfig, {
    DATABASE_URL: database.url,
    SEAL_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
    SECRET_KEY: 'x'.repeat(32),
  });
  const logger = new Logger('silent');
  const source = await openDataSource({ url: database.url, schema: 'flow', poolSize: 1 });
  const requester = await new InProcessBus().openRequester();
  const geoLocator = await MaxmindGeoLocator.open({ asn: undefined, city: undefined });
  const pages = await PageRenderer.open('dist/apps/web');
  const idle = { take: () => 0, stop: () => undefined };
  const admission = new Admission({ delayMs: 0, max: 1 }, idle);
  return { config, source, requester, readiness: new Readiness(), geoLocator, pages, logger, admission };
}

/** Returns the operations of a document in the form of Fastify's routes. */
function routesIn(document: Readonly<Record<string, unknown>>): string[] {
  const paths = document['paths'] as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  return Object.entries(paths).flatMap(([path, { servers, ...operations }]) => {
    const url = `${servers ? '' : '/api/v3'}${path.replace(/\{(\w+)\}/g, ':$1')}`;
    return Object.keys(operations).map((method) => `${method.toUpperCase()} ${url}`);
  });
}
