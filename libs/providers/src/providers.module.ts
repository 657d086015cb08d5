import { Logger, readConfig } from '@gatehouse/platform';
import type { DynamicModule } from '@nestjs/common';
import { Logins } from './logins.js';
import { NatsLoginsController } from './nats-logins.controller.js';
import { providersConfig } from './providers.config.js';

/** Logins elsewhere, on the bus. */
export function providersModule(): DynamicModule {
  class ProvidersModule {}
  return {
    module: ProvidersModule,
    providers: [{ provide: Logins, useFactory: loginsOfEnvironment }],
    controllers: [NatsLoginsController],
  };
}

function loginsOfEnvironment() {
  const logger = new Logger('providers');
  return new Logins(readConfig(providersConfig), (source, why) =>
    logger.event('a login elsewhere was refused', { source, why }),
  );
}
