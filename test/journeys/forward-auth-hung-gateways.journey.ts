import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { createCertificate } from '../support/certificate.js';
import { HttpsVisitor } from '../support/https-visitor.js';
import { hasProxy, startReverseProxy } from '../support/reverse-proxy.js';

const APP = 'app.example.org';
const MARGIN_MS = 2000;

it.concurrent.each([
  ['nginx', 10_000],
  ['haproxy', 4000],
] as const)('a request behind %s waits at most %i ms while all gateways hang', async (name, limitMs) => {
  if (!hasProxy(name) && !process.env['CI']) return;
  const certificate = createCertificate(2, [APP]);
  const hung = createServer((socket) => void socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(hung, 'listening');
  const { port } = hung.address() as AddressInfo;
  const proxy = await startReverseProxy(name, { gateways: [port, port, port], application: port, certificate });
  try {
    const since = performance.now();
    const { status } = await new HttpsVisitor(proxy.port, certificate.cert).send(APP, '/');

    expect(status).toBeGreaterThanOrEqual(500);
    expect(performance.now() - since).toBeLessThan(limitMs + MARGIN_MS);
  } finally {
    await proxy.stop();
    hung.close();
  }
});
