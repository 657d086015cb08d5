import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scrape } from '../../../test/support/metrics.js';
import { recordTestSpans } from '../../../test/support/spans.js';
import { metrics } from './metrics.js';
import { RestrictedHttpClient } from './restricted-http-client.js';
import { traceWork } from './tracing/active-span.js';

let server: Server;
let requests = 0;
let received: IncomingHttpHeaders = {};
let port = 0;
beforeAll(async () => {
  server = createServer((request, response) => {
    requests++;
    received = request.headers;
    response.statusCode = Number(/^\/(\d{3})$/.exec(request.url ?? '')?.[1] ?? 200);
    response.end('hello');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((closed) => server.close(closed)));

const send = (hosts: string, host: string, maxBytes = 100) =>
  new RestrictedHttpClient(hosts, 'source').send(
    { method: 'GET', url: new URL(`http://${host}:${port}/`), headers: {} },
    { maxBytes, signal: AbortSignal.timeout(10_000) },
  );

it('a restricted HTTP client sends requests to listed hosts, even at private addresses', async () => {
  expect(await send('127.0.0.1', '127.0.0.1')).toMatchObject({ status: 200, text: 'hello' });
  expect(await send('*, LOCALHOST', 'localhost')).toMatchObject({ status: 200, text: 'hello' });
});

it.each([
  ['', '127.0.0.1'],
  ['api.example.org', '127.0.0.1'],
  ['*', '127.0.0.1'],
  ['*', '[::1]'],
  ['*', '[::ffff:127.0.0.1]'],
  ['*', '[::127.0.0.1]'],
  ['*', '[64:ff9b::7f00:1]'],
  ['*', '[2002:7f00:1::]'],
  ['*', '0'],
  ['*', '0x7f.1'],
  ['*', '169.254.169.254'],
  ['*', '2130706433'],
  ['*', 'localhost'],
])('a private address that is not listed is refused: hosts %j, request to %s (accident 43)', async (hosts, host) => {
  const before = requests;
  await expect(send(hosts, host)).rejects.toThrow(/are not allowed|private network/);
  expect(requests).toBe(before);
});

it('requests are measured by provider and outcome, and not by host', async () => {
  const countOf = async (outcome: string) =>
    (await scrape(`gatehouse_provider_seconds_count{provider="sms",outcome="${outcome}"}`)) ?? 0;
  const counts = () => Promise.all(['ok', 'refused', 'fault', 'failed'].map(countOf));
  const before = await counts();
  const client = new RestrictedHttpClient('127.0.0.1', 'sms');
  const ask = (path: string, signal = AbortSignal.timeout(10_000)) =>
    client.sendForStatus({ method: 'GET', url: new URL(`http://127.0.0.1:${port}/${path}`), headers: {} }, signal);
  for (const status of ['200', '302', '404', '503']) await ask(status);
  await expect(ask('200', AbortSignal.abort())).rejects.toThrow('aborted');
  expect((await counts()).map((count, i) => count - before[i]!)).toEqual([2, 1, 1, 1]);
  expect(await metrics.metrics()).not.toContain('127.0.0.1');
});

it('send throws if the response has more than maxBytes bytes', async () => {
  await expect(send('127.0.0.1', '127.0.0.1', 4)).rejects.toThrow('longer than 4 bytes');
});

it('a request throws when the server answers 101 Switching Protocols', async () => {
  const switching = createTcpServer((socket) =>
    socket
      .on('error', () => undefined)
      .once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
      }),
  );
  await new Promise<void>((listening) => switching.listen(0, '127.0.0.1', listening));
  const url = new URL(`http://127.0.0.1:${(switching.address() as AddressInfo).port}/`);
  const limits = { maxBytes: 100, signal: AbortSignal.timeout(10_000) };
  const client = new RestrictedHttpClient('127.0.0.1', 'webhook');
  const request = { method: 'POST', url, headers: {}, body: 'x' };
  await expect(client.sendBounded(request, limits)).rejects.toThrow('without a response');
  await expect(client.sendForStatus(request, limits.signal)).rejects.toThrow('without a response');
  switching.close();
});

it('the span of a request has its method and host but no path, and the server gets no traceparent', async () => {
  const { ended } = recordTestSpans();
  const http = new RestrictedHttpClient('127.0.0.1', 'source');
  const url = new URL(`http://127.0.0.1:${port}/secret-path?token=secret-query`);
  const request = { method: 'POST', url, headers: {}, body: 'secret-body' };
  await traceWork({ name: 'work' }, () => http.sendForStatus(request, AbortSignal.timeout(10_000)));
  expect(ended()[0]).toMatchObject({ name: 'POST', kind: 2 });
  expect(ended()[0]?.attributes).toEqual({
    'http.request.method': 'POST',
    'server.address': '127.0.0.1',
    'server.port': port,
    'http.response.status_code': 200,
  });
  expect(received).not.toHaveProperty('traceparent');
});
