import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { Logger, readConfig } from '@gatehouse/platform';
import type { FastifyInstance } from 'fastify';
import { expect, it, onTestFinished } from 'vitest';
import { LogRecorder } from '../../../../test/support/log-recorder.js';
import { scrape } from '../../../../test/support/metrics.js';
import { gatewayConfig } from '../gateway.config.js';
import { Admission } from './admission/admission.js';
import { createFastifyAdapter } from './http.adapter.js';
import { ProblemFilter } from './problem.filter.js';

/** Starts the gateway's server with a route that answers when the test tells it to. */
async function serve(settings: Readonly<Record<string, string>> = {}, logger = new Logger('silent')) {
  const config = readConfig(gatewayConfig, {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    SEAL_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
    SECRET_KEY: 'x'.repeat(32),
    ...settings,
  });
  const unused = () => {
    throw new Error('not a page');
  };
  const filter = new ProblemFilter(logger, { send: unused });
  const limits = { delayMs: config.ADMISSION_DELAY_MS, max: config.IN_FLIGHT_MAX };
  const admission = new Admission(limits, { take: () => 0, stop: () => undefined });
  let stopping = false;
  const refusals = { pages: { flow: unused }, brands: unused, stopping: () => stopping };
  const fastify = createFastifyAdapter({ config, filter, admission, refusals }).getInstance();
  fastify.addHook('preClose', (done) => {
    stopping = true;
    done();
  });
  fastify.setErrorHandler((error, request, reply) => filter.answer(error, request, reply));
  fastify.get('/slow/', async () => {
    await once(fastify.server, 'answer');
    return { answered: true };
  });
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => admission.stop());
  return fastify;
}

/**
 * Opens a connection. Returns the connection, and a function that resolves with all data that the connection receives
 * until it ends.
 */
async function connectTo({ server }: FastifyInstance) {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const received = (async () => {
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return text;
  })();
  return { socket, received };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/**
 * Sends a slow request, and a request to `path` on the same connection while the server closes. Returns both responses
 * when the server has closed.
 */
async function requestsAtClose(fastify: FastifyInstance, path: string): Promise<string> {
  const { socket, received } = await connectTo(fastify);
  const first = once(fastify.server, 'request');
  socket.write(get('/slow/'));
  await first;
  const closed = fastify.close();
  const second = once(fastify.server, 'request');
  socket.write(get(path));
  await second;
  fastify.server.emit('answer');
  await closed;
  return received;
}

it('a request that arrives on an open connection while the server closes is answered with the body and headers of the API', async () => {
  const received = await requestsAtClose(await serve(), '/nowhere/');

  const responses = received.split(/(?=HTTP\/1\.1 )/);
  expect(responses).toEqual([
    expect.stringMatching(/^HTTP\/1\.1 200 OK\r\n[^]*x-authentik-id: [0-9a-f]{32}\r\n[^]*\{"answered":true\}$/),
    expect.stringMatching(
      /^HTTP\/1\.1 404 Not Found\r\n(?=[^]*connection: close\r\n)[^]*x-authentik-id: [0-9a-f]{32}\r\n[^]*\{"detail":"Not found.","code":"not_found"\}$/i,
    ),
  ]);
});

it('a request above the limit while the server closes gets 503 with the reason overloaded, and its connection ends', async () => {
  expect(await requestsAtClose(await serve({ IN_FLIGHT_MAX: '1' }), '/slow/')).toMatch(
    /HTTP\/1\.1 503 Service Unavailable\r\n[^]*retry-after: 1\r\nx-gatehouse-reason: error=overloaded\r\nconnection: close\r\n[^]*\{"component":"ak-stage-flow-error","request_id":"[0-9a-f]{32}"\}$/,
  );
});

it('a preflight of a listed origin is answered while other requests are refused, and its page may read a refusal', async () => {
  const origin = 'https://app.example.org';
  const fastify = await serve({ IN_FLIGHT_MAX: '1', CORS_ORIGINS: origin });
  const { socket, received } = await connectTo(fastify);
  const first = once(fastify.server, 'request');
  socket.write(get('/slow/'));
  await first;
  const url = `http://127.0.0.1:${(fastify.server.address() as AddressInfo).port}/api/v3/core/users/me/`;
  const refused = await fetch(url, { headers: { origin } });
  const preflight = { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } };
  const answered = await fetch(url, preflight);
  const ofOthers = await fetch(url, {
    ...preflight,
    headers: { ...preflight.headers, origin: `${origin}.evil.example` },
  });
  fastify.server.emit('answer');
  socket.end();
  await received;
  await fastify.close();

  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([503, origin]);
  expect([answered.status, answered.headers.get('access-control-max-age')]).toEqual([204, '600']);
  expect([ofOthers.status, ofOthers.headers.get('access-control-allow-origin')]).toEqual([503, null]);
});

it('a request that is not admitted is counted in the metric, and not logged', async () => {
  const log = new LogRecorder();
  const fastify = await serve({ IN_FLIGHT_MAX: '1' }, log.logger);
  const refused = () => scrape('gatehouse_refused_total{priority="new",reason="gateway"}');
  const before = (await refused()) ?? 0;
  expect(await requestsAtClose(fastify, '/slow/')).toContain('HTTP/1.1 503');
  expect([await refused(), log.lines]).toEqual([before + 1, []]);
});
