import { fileURLToPath } from 'node:url';
import cookie from '@fastify/cookie';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { ExpiredRowCleaner } from '@gatehouse/executor-postgres';
import {
  connectNats,
  Logger,
  MaxmindGeoLocator,
  NatsRequester,
  openDataSource,
  runPeriodically,
  serveMetrics,
} from '@gatehouse/platform';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { GatewayConfig } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';
import type { GatewayDeps } from './gateway.ports.js';
import { createFastifyAdapter } from './http/http.adapter.js';
import { PageRenderer } from './http/pages/page-renderer.js';
import { ProblemFilter } from './http/problem.filter.js';

/** Where the build puts the pages: in the folder of their app, beside this one. */
const PAGES_FOLDER = fileURLToPath(new URL('../../web/', import.meta.url));

const openPages = ({ CSRF_COOKIE }: GatewayConfig) => PageRenderer.open(PAGES_FOLDER, CSRF_COOKIE);

export interface RunningGateway {
  /** Where it listens, without a final slash. */
  readonly url: string;
  /** Resolves with the reason once NATS has refused this process for good, so that only another one can serve. */
  readonly refused: Promise<Error>;
  /** Answers what is under way, then lets go of everything. */
  close(): Promise<void>;
}

/** Opens the door: Postgres and NATS first, then HTTP. */
export async function startGateway(config: GatewayConfig): Promise<RunningGateway> {
  const logger = new Logger('gateway', config.LOG_LEVEL);
  const [places, pages] = [await MaxmindGeoLocator.ofSettings(config), await openPages(config)];
  const source = await openDataSource({
    url: config.DATABASE_URL,
    schema: FLOW_SCHEMA,
    poolSize: config.DATABASE_POOL,
  });
  const connection = await connectNats(config, 'gateway', logger);
  const requester = new NatsRequester(connection, '_INBOX_gateway');
  await requester.heard();
  await requester.heard();
  const app = await createApp({ config, source, requester, places, pages, logger });
  const metricsServer = config.METRICS_PORT === undefined ? undefined : await serveMetrics(config.METRICS_PORT);
  const janitor = new ExpiredRowCleaner(source);
  const stopCleaning = runPeriodically(config.CLEANUP_EVERY_S, () => janitor.sweep(), logger);
  await app.listen(config.PORT, config.HOST);
  const url = (await app.getUrl()).replace(/\/$/, '');
  return {
    url,
    refused: connection.closed().then((reason) => reason ?? new Promise<never>(() => undefined)),
    close: async () => {
      stopCleaning();
      await metricsServer?.close();
      await app.close();
      await requester.close();
      await source.destroy();
    },
  };
}

async function createApp(ground: GatewayDeps): Promise<NestFastifyApplication> {
  const { config, logger } = ground;
  const filter = new ProblemFilter(logger);
  const adapter = createFastifyAdapter(config, filter);
  await adapter.getInstance().register(cookie);
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.on(ground), adapter, {
    bodyParser: false,
    logger,
    abortOnError: false,
  });
  app.useGlobalFilters(filter);
  return app;
}
