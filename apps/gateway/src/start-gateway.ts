import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import cookie from '@fastify/cookie';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { BrandStore } from '@gatehouse/executor';
import {
  type Bus,
  connectionPoolOf,
  Logger,
  MaxmindGeoLocator,
  NatsBus,
  NestLogger,
  openPool,
  packageFolder,
  Readiness,
  type RunningPart,
} from '@gatehouse/platform';
import { SCHEMA_VERSIONS } from '@gatehouse/schemas';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { GatewayConfig } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';
import { Admission } from './http/admission/admission.js';
import { QueueingTime } from './http/admission/queueing-time.js';
import { createFastifyAdapter } from './http/http.adapter.js';
import { PageRenderer } from './http/pages/page-renderer.js';
import { ProblemPage } from './http/pages/problem.page.js';
import { ProblemFilter } from './http/problem.filter.js';
import type { Infrastructure } from './infrastructure.module.js';
import { SocketHub } from './sockets/socket.hub.js';

/** The folder of the built pages. */
const PAGES_FOLDER = join(packageFolder(), 'dist/apps/web');

export interface RunningGateway extends RunningPart {
  /** The URL of the gateway's HTTP server, without a trailing slash. */
  readonly url: string;
}

/** Connects to Postgres and to `bus`, then listens for HTTP requests. */
export async function startGateway(
  config: GatewayConfig,
  readiness: Readiness = new Readiness(),
  bus: Bus = new NatsBus(config, readiness),
): Promise<RunningGateway> {
  const infrastructure = await openInfrastructure(config, readiness, bus);
  const { source, requester, admission } = infrastructure;
  const app = await createApp(infrastructure);
  await app.listen(config.PORT, config.HOST);
  const url = (await app.getUrl()).replace(/\/$/, '');
  return {
    url,
    refused: requester.refused,
    close: async () => {
      readiness.stop();
      app.get(SocketHub).drain(config.SHUTDOWN_DELAY_S * 1000);
      await delay(config.SHUTDOWN_DELAY_S * 1000);
      await app.close();
      admission.stop();
      await requester.close();
      await source.destroy();
    },
  };
}

async function openInfrastructure(config: GatewayConfig, readiness: Readiness, bus: Bus): Promise<Infrastructure> {
  const logger = new Logger(config.LOG_LEVEL);
  const geoLocator = await MaxmindGeoLocator.fromSettings(config);
  const pages = await PageRenderer.open(PAGES_FOLDER, config.CSRF_COOKIE);
  const source = await openPool({ schema: FLOW_SCHEMA, config, readiness, versions: SCHEMA_VERSIONS });
  const requester = await bus.openRequester('gateway', logger);
  const limits = { delayMs: config.ADMISSION_DELAY_MS, max: config.IN_FLIGHT_MAX };
  const admission = new Admission(limits, new QueueingTime(connectionPoolOf(source)));
  return { config, source, requester, readiness, geoLocator, pages, logger, admission };
}

async function createApp(infrastructure: Infrastructure): Promise<NestFastifyApplication> {
  const { config, logger, admission, pages, readiness } = infrastructure;
  const brands = () => app.get(BrandStore, { strict: false });
  const filter = new ProblemFilter(logger, new ProblemPage({ pages, brands }));
  const refusals = { pages, brands, stopping: () => readiness.stopping };
  const adapter = createFastifyAdapter({ config, filter, admission, refusals });
  await adapter.getInstance().register(cookie);
  // During SHUTDOWN_DELAY_S, each response makes its client open the next connection, which the proxy sends to another
  // gateway. After the delay this process closes the idle connections, and would lose a request that a client is just
  // sending on one of them.
  adapter.getInstance().addHook('onRequest', (_request, reply, done) => {
    if (readiness.stopping) void reply.header('connection', 'close');
    done();
  });
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.forRoot(infrastructure), adapter, {
    bodyParser: false,
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(filter);
  return app;
}
