import {
  type Bus,
  commonConfig,
  exitWithError,
  Logger,
  NatsBus,
  natsConfig,
  readConfig,
  serveMetrics,
} from '@gatehouse/platform';
import { type DynamicModule, ShutdownSignal } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { globalBusModule } from './nats.module.js';

const settings = natsConfig.extend(commonConfig.shape);

/**
 * Runs a service process: serves the stages on NATS until SIGTERM or SIGINT, then finishes the open requests and exits.
 * Writes the reason to standard error and exits with code 1 when the service cannot start.
 */
export async function runService(name: string, modules: () => Promise<DynamicModule[]>): Promise<void> {
  const fail = exitWithError(name);
  try {
    const config = readConfig(settings);
    const logger = new Logger(name, config.LOG_LEVEL);
    const bus = new NatsBus(config);
    const { service, refused } = await serveStages({ name, modules: await modules(), bus, logger });
    void refused.then(fail);
    service.enableShutdownHooks([ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT], { useProcessExit: true });
    (await serveMetrics(config))?.unref();
    logger.event('serving', { service: name });
  } catch (error) {
    fail(error);
  }
}

interface Service {
  readonly name: string;
  readonly modules: DynamicModule[];
  readonly bus: Bus;
  readonly logger: Logger;
}

/** Starts a Nest microservice that serves `modules` on the bus. Resolves when the microservice listens. */
export async function serveStages({ name, modules, bus, logger }: Service) {
  logger.log(`connecting to the bus at ${bus.address}`);
  class ServiceModule {}
  const root: DynamicModule = { module: ServiceModule, imports: [globalBusModule(bus), ...modules] };
  const strategy = bus.createServer(name);
  const options = { strategy, logger, abortOnError: false };
  const service = await NestFactory.createMicroservice<MicroserviceOptions>(root, options);
  await service.listen();
  return { service, refused: strategy.refused };
}
