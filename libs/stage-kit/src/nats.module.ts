import { Bus, Readiness, Requester } from '@gatehouse/platform';
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
    providers: [
      {
        provide: Requester,
        useFactory: async (bus: Bus, readiness: Readiness) => {
          const requester = await bus.openRequester(service);
          readiness.require('bus', () => requester.isReady());
          return requester;
        },
        inject: [Bus, Readiness],
      },
    ],
    exports: [Requester],
  };
  modules.set(service, module);
  return module;
}

@Global()
@Module({})
class ProcessModule {}

/** Returns the module that provides the bus and the readiness of the process to every other module. */
export const processModule = (bus: Bus, readiness: Readiness): DynamicModule => ({
  module: ProcessModule,
  providers: [
    { provide: Bus, useValue: bus },
    { provide: Readiness, useValue: readiness },
  ],
  exports: [Bus, Readiness],
});
