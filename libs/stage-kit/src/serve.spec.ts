import { Logger, NatsBus } from '@gatehouse/platform';
import { Controller, type DynamicModule } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { afterEach, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../../../test/support/nats.js';
import { serveStages } from './serve.js';

let nats: RunningNats;
afterEach(() => nats?.stop());

@Controller()
class SampleController {
  @MessagePattern('stage.sample.respond')
  respond() {
    return {};
  }
}
class SampleModule {}
const sample: DynamicModule = { module: SampleModule, controllers: [SampleController] };

const connectionCount = async () => {
  const { num_connections } = (await (await fetch(`${nats.monitoringUrl}/connz`)).json()) as Record<string, number>;
  return num_connections;
};

describeWithNats('a service', () => {
  it('leaves no connection to NATS if NATS refuses its subscriptions', async () => {
    const permissions = 'permissions: { subscribe: ["stage.other.*", "_INBOX_sample.>"] }';
    nats = await startNats({ config: `authorization { users: [{ user: sample, password: s, ${permissions} }] }` });
    const bus = new NatsBus({ NATS_URL: nats.url, NATS_USER: 'sample', NATS_PASSWORD: 's' }); // not-a-secret
    const started = serveStages({ name: 'sample', modules: [sample], bus, logger: new Logger('silent') });
    await expect(started).rejects.toThrow('stage.sample.respond');
    await expect.poll(connectionCount).toBe(0);
  });
});
