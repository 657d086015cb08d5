import {
  ConfigError,
  commonConfig,
  Logger,
  NatsJsonServer,
  natsConfig,
  natsOptions,
  readConfig,
  redactedNatsUrl,
  serveMetrics,
} from '@gatehouse/platform';
import { type DynamicModule, ShutdownSignal } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';

const settings = natsConfig.extend(commonConfig.shape);

/** Runs a service: the given stages on NATS until SIGTERM, then drained. Ends the process with a sentence when it cannot start. */
export async function runService(name: string, modules: () => Promise<DynamicModule[]>): Promise<void> {
  try {
    const config = readConfig(settings);
    const logger = new Logger(name, config.LOG_LEVEL);
    const { service, refused } = await serveStages({ name, modules: await modules(), nats: config, logger });
    void refused.then((reason) => fail(name, reason));
    service.enableShutdownHooks([ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT], { useProcessExit: true });
    if (config.METRICS_PORT !== undefined) (await serveMetrics(config.METRICS_PORT)).unref();
    logger.event('serving', { service: name });
  } catch (error) {
    fail(name, error);
  }
}

function fail(name: string, error: unknown): never {
  process.stderr.write(`${name}: ${error instanceof ConfigError ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
}

interface Service {
  readonly name: string;
  readonly modules: DynamicModule[];
  readonly nats: Parameters<typeof natsOptions>[0];
  readonly logger: Logger;
}

/** A Nest microservice that serves `modules` on NATS, listening. */
export async function serveStages({ name, modules, nats, logger }: Service) {
  logger.log(`connecting to the bus at ${redactedNatsUrl(nats)}`);
  class ServiceModule {}
  const root: DynamicModule = { module: ServiceModule, imports: modules };
  const strategy = new NatsJsonServer(natsOptions(nats, name));
  const options = { strategy, logger, abortOnError: false };
  const service = await NestFactory.createMicroservice<MicroserviceOptions>(root, options);
  await service.listen();
  return { service, refused: strategy.refused };
}
