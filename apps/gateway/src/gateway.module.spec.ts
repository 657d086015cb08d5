import { InProcessBus, Logger, MaxmindGeoLocator, openDataSource, readConfig } from '@gatehouse/platform';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { gatewayConfig } from './gateway.config.js';
import { apiDocumentOf } from './gateway.controllers.js';
import { GatewayModule } from './gateway.module.js';
import type { GatewayDeps } from './gateway.ports.js';
import { PageRenderer } from './http/pages/page-renderer.js';

/** The page that shows the schema to people. */
const PAGE = 'GET /api/v3/';

describe('the published schema', () => {
  let database: FreshDatabase;
  let ground: GatewayDeps;
  let app: NestFastifyApplication;
  const routes = new Set<string>();

  beforeAll(async () => {
    database = await freshDatabase();
    ground = await groundOn(database);
    const adapter = new FastifyAdapter({ exposeHeadRoutes: false });
    adapter.getInstance().addHook('onRoute', ({ url, method }) => {
      for (const name of [method].flat()) routes.add(`${name} ${url.replace(/\/?$/, '/')}`);
    });
    app = await NestFactory.create<NestFastifyApplication>(GatewayModule.on(ground), adapter, { logger: false });
    await app.init();
  });
  afterAll(async () => {
    await app.close();
    await ground.requester.close();
    await ground.source.destroy();
    await database.drop();
  });

  it('has every endpoint for programs, and no other', () => {
    const described = new Set(routesIn(apiDocumentOf()));
    const forPrograms = [...routes].filter((route) => / \/(api|-)\//.test(route) && route !== PAGE);

    expect(routes).toContain(PAGE);
    expect(forPrograms.filter((route) => !described.has(route))).toEqual([]);
    expect([...described].filter((route) => !routes.has(route))).toEqual([]);
  });
});

async function groundOn(database: FreshDatabase): Promise<GatewayDeps> {
  const config = readConfig(gatewayConfig, {
    DATABASE_URL: database.url,
    SEAL_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
    SECRET_KEY: 'x'.repeat(32),
  });
  const logger = new Logger('gateway', 'silent');
  const source = await openDataSource({ url: database.url, schema: 'flow', poolSize: 1 });
  const requester = await new InProcessBus().openRequester();
  const places = await MaxmindGeoLocator.open({ asn: undefined, city: undefined });
  const pages = await PageRenderer.open('dist/apps/web');
  return { config, source, requester, places, pages, logger };
}

/** The document's operations, written as Fastify writes routes. */
function routesIn(document: Readonly<Record<string, unknown>>): string[] {
  const paths = document['paths'] as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  return Object.entries(paths).flatMap(([path, { servers, ...operations }]) => {
    const url = `${servers ? '' : '/api/v3'}${path.replace(/\{(\w+)\}/g, ':$1')}`;
    return Object.keys(operations).map((method) => `${method.toUpperCase()} ${url}`);
  });
}
