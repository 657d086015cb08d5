import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { describeWithNats } from '../support/nats.js';
import { NatsCluster } from '../support/nats-cluster.js';
import { startNatsServer } from '../support/nats-server.js';
import { freshEnvironment } from './env-file.js';

describeWithNats('deploy/nats/cluster.conf', () => {
  let cluster: NatsCluster;

  beforeAll(async () => {
    cluster = await NatsCluster.open(inject('natsServer'), await freshEnvironment());
  });
  afterAll(() => cluster?.close());

  it('carries requests and replies between clients of different servers', async () => {
    const service = await cluster.connectAs('session', 0);
    service.subscribe('stage.deny.respond', { queue: 'deny', callback: (_, request) => void request.respond('reply') });
    await service.flush();
    for (const i of [1, 2]) {
      const gateway = await cluster.connectAs('gateway', i);
      const reply = await gateway.request('stage.deny.respond', 'request', { timeout: 5000 });
      expect(reply.string()).toBe('reply');
    }
  });

  it('does not let a server without the password of the cluster join', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nats-'));
    const { env: theirs = {}, ...options } = cluster.optionsOf(0);
    const routes = (theirs['NATS_ROUTES'] ?? '').replaceAll(theirs['NATS_CLUSTER_PASSWORD'] ?? '', 'guessed');
    const refused = { ...theirs, NATS_SERVER_NAME: 'intruder', NATS_CLUSTER_PASSWORD: 'guessed', NATS_ROUTES: routes };
    const port = await freePort();
    const config = (options.config ?? '').replace(/listen: "127[^"]+"/, `listen: "127.0.0.1:${await freePort()}"`);
    const intruder = await startNatsServer(inject('natsServer'), { ...options, config, env: refused, port, folder });
    try {
      await expect(intruder.says(/Authorization Violation/)).resolves.toBeUndefined();
    } finally {
      await intruder.stop();
      await rm(folder, { recursive: true });
    }
  });
});
