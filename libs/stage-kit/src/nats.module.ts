import { Bus, Requester } from '@gatehouse/platform';
import { type DynamicModule, Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';

/** Closes the requester at shutdown, after the server has answered its last request. */
@Module({})
class RequesterModule implements OnApplicationShutdown {
  constructor(@Inject(Requester) private readonly requester: Requester) {}

  onApplicationShutdown() {
    return this.requester.close();
  }
}

const modules = new Map<string, DynamicModule>();

/** Returns the module that provides a `Requester` to stages that ask another service. The stages of `service` share it. */
export function natsModule(service: string): DynamicModule {
  const known = modules.get(service);
  if (known) return known;
  const made: DynamicModule = {
    module: RequesterModule,
    providers: [{ provide: Requester, useFactory: (bus: Bus) => bus.openRequester(service), inject: [Bus] }],
    exports: [Requester],
  };
  modules.set(service, made);
  return made;
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
