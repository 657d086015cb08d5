import { Bus, Requester } from '@gatehouse/platform';
import { type DynamicModule, Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';

/** Closes the requester at shutdown, after the microservice has answered the last open request. */
@Module({})
class RequesterModule implements OnApplicationShutdown {
  constructor(@Inject(Requester) private readonly requester: Requester) {}

  onApplicationShutdown() {
    return this.requester.close();
  }
}

const modules = new Map<string, DynamicModule>();

/**
 * Returns the module that provides one `Requester` for `service`. All stages of the service use it to send requests to
 * other services.
 */
export function natsModule(service: string): DynamicModule {
  const existing = modules.get(service);
  if (existing) return existing;
  const module: DynamicModule = {
    module: RequesterModule,
    providers: [{ provide: Requester, useFactory: (bus: Bus) => bus.openRequester(service), inject: [Bus] }],
    exports: [Requester],
  };
  modules.set(service, module);
  return module;
}

@Global()
@Module({})
class GlobalBusModule {}

/** Returns the module that provides the bus of the process to every other module. */
export const globalBusModule = (bus: Bus): DynamicModule => ({
  module: GlobalBusModule,
  providers: [{ provide: Bus, useValue: bus }],
  exports: [Bus],
});
