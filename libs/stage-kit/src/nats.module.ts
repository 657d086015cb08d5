import { Bus, REQUIRED_SCHEMAS, Readiness, Requester } from '@gatehouse/platform';
import { SCHEMA_VERSIONS } from '@gatehouse/schemas';
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
 * Returns the module that provides the `Requester` of a service. All stages of the service use it to send requests to
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
class ProcessModule {}

/**
 * Returns the global module that provides the bus, the readiness of the process and the schema versions that it needs.
 */
export const processModule = (bus: Bus, readiness: Readiness): DynamicModule => ({
  module: ProcessModule,
  providers: [
    { provide: Bus, useValue: bus },
    { provide: Readiness, useValue: readiness },
    { provide: REQUIRED_SCHEMAS, useValue: SCHEMA_VERSIONS },
  ],
  exports: [Bus, Readiness, REQUIRED_SCHEMAS],
});
