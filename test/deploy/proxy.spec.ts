import { readFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningProxy, startProxy } from '../faults/haproxy.js';
import { freePort } from '../support/free-port.js';
import { NameServer } from '../support/name-server.js';
import { hasProxy } from '../support/reverse-proxy.js';

const READY = '127.0.1.1';
/** Addresses of containers that have started but do not listen yet. */
const STARTING = ['127.0.1.2', '127.0.1.3', '127.0.1.4'];
const BURST = 50;

describe.skipIf(!hasProxy('haproxy') && !process.env['CI'])('the proxy of docker-compose.yml', () => {
  const gateway = createServer((_request, response) => void response.end());
  const names = new NameServer([READY]);
  let proxy: RunningProxy;
  let port: number;

  const ask = () =>
    new Promise<number | undefined>((resolve, reject) => {
      get({ host: '127.0.0.1', port, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).once('error', reject);
    });

  beforeAll(async () => {
    await new Promise<void>((resolve) => gateway.listen(0, READY, resolve));
    const { port: gatewayPort } = gateway.address() as AddressInfo;
    port = await freePort();
    const namesPort = await freePort();
    await names.listen(namesPort);
    const config = (await readFile('deploy/proxy/haproxy.cfg', 'utf8'))
      .replace('127.0.0.11:53', `127.0.0.1:${namesPort}`)
      .replace('127.0.0.1:9002', `127.0.0.1:${await freePort()}`)
      .replace('bind :9000', `bind 127.0.0.1:${port}`)
      .replace('bind :9001', `bind 127.0.0.1:${await freePort()}`)
      .replaceAll('gateway:9000', `gateway:${gatewayPort}`)
      .replaceAll('check port 9001', `check port ${gatewayPort}`);
    proxy = await startProxy(config, {});
    await proxy.says(/ready\/gateway1 .*is UP/);
  });

  afterAll(async () => {
    await proxy.stop();
    names.close();
    gateway.close();
  });

  it('answers all requests while DNS lists new gateways that do not listen yet', async () => {
    names.addresses = [READY, ...STARTING];
    await proxy.says(/ready\/gateway4 .*is UP/);
    // The proxy treats servers that it finds by DNS as healthy until their first check.
    const statuses = await Promise.all(Array.from({ length: BURST }, ask));
    expect(statuses).toEqual(Array(BURST).fill(200));
  });
});
