import {
  type Bus,
  commonConfig,
  Logger,
  NatsBus,
  NestLogger,
  natsConfig,
  Readiness,
  runProcess,
} from '@gatehouse/platform';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { processModule } from './nats.module.js';

/** Runs a service process, which serves the stages of `modules` on NATS. */
export const runService = (name: string, modules: () => Promise<DynamicModule[]>): Promise<void> =>
  runProcess({
    name,
    settings: natsConfig.extend(commonConfig.shape),
    start: async (config, readiness) => {
      const logger = new Logger(config.LOG_LEVEL);
      const bus = new NatsBus(config, readiness);
      const { service, refused } = await serveStages({ name, modules: await modules(), bus, logger, readiness });
      return { refused, close: () => service.close() };
    },
  });

interface Service {
  readonly name: string;
  readonly modules: DynamicModule[];
  readonly bus: Bus;
  readonly logger: Logger;
  readonly readiness?: Readiness;
}

/** Starts a Nest microservice that serves `modules` on the bus. Resolves when the microservice listens. */
export async function serveStages({ name, modules, bus, logger, readiness = new Readiness() }: Service) {
  logger.event('bus_connecting', { address: bus.address });
  class ServiceModule {}
  const root: DynamicModule = { module: ServiceModule, imports: [processModule(bus, readiness), ...modules] };
  const strategy = bus.createServer(name);
  const options = { strategy, logger: new NestLogger(logger), abortOnError: false };
  const service = await NestFactory.createMicroservice<MicroserviceOptions>(root, options);
  try {
    await service.listen();
  } catch (error) {
    // Close the bus, because its connection would reconnect without limit, and later subscribe at any NATS server that
    // listens on this address.
    await service.close();
    throw error;
  }
  return { service, refused: strategy.refused };
}
