import { connectNats, NatsRequester, natsConfig, readConfig } from '@gatehouse/platform';
import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';

/** Keeps the connection until the last request in flight is answered. */
@Module({})
class NatsModule implements OnApplicationShutdown {
  constructor(@Inject(NatsRequester) private readonly requester: NatsRequester) {}

  onApplicationShutdown() {
    return this.requester.close();
  }
}

const modules = new Map<string, DynamicModule>();

/** A `NatsRequester` for the few stages that ask another service; one connection for all stages of `service`. */
export function natsModule(service: string): DynamicModule {
  const known = modules.get(service);
  if (known) return known;
  const made: DynamicModule = {
    module: NatsModule,
    providers: [{ provide: NatsRequester, useFactory: () => requesterOf(service) }],
    exports: [NatsRequester],
  };
  modules.set(service, made);
  return made;
}

/** Ready when answers can be heard. */
async function requesterOf(service: string): Promise<NatsRequester> {
  const requester = new NatsRequester(await connectNats(readConfig(natsConfig), service), `_INBOX_${service}`);
  await requester.heard();
  return requester;
}
