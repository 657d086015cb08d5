import { Logger, readConfig } from '@gatehouse/platform';
import type { DynamicModule } from '@nestjs/common';
import { ProviderLoginController } from './nats-provider-login.controller.js';
import { ProviderLoginService } from './provider-login.service.js';
import { providersConfig } from './providers.config.js';

/** Serves logins at providers over NATS. */
export function providersModule(): DynamicModule {
  class ProvidersModule {}
  return {
    module: ProvidersModule,
    providers: [{ provide: ProviderLoginService, useFactory: createLoginService }],
    controllers: [ProviderLoginController],
  };
}

function createLoginService() {
  const logger = new Logger();
  return new ProviderLoginService(readConfig(providersConfig), (source, why) =>
    logger.event('provider_login_refused', { source, reason: why }),
  );
}
