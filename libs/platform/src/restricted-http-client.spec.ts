import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RestrictedHttpClient } from './restricted-http-client.js';

let server: Server;
let requests = 0;
let port = 0;
beforeAll(async () => {
  server = createServer((_request, response) => {
    requests++;
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

it('sends requests to hosts that the operator lists, also to private addresses', async () => {
  expect(await send('127.0.0.1', '127.0.0.1')).toMatchObject({ status: 200, text: 'hello' });
  expect(await send('*, LOCALHOST', 'localhost')).toMatchObject({ status: 200, text: 'hello' });
});

it.each([
  ['', '127.0.0.1'],
  ['api.example.org', '127.0.0.1'],
  ['*', '127.0.0.1'],
  ['*', '[::1]'],
  ['*', '[::ffff:127.0.0.1]'],
  ['*', '2130706433'],
  ['*', 'localhost'],
])('refuses a private address that is not listed: hosts %j, request to %s (accident 43)', async (hosts, host) => {
  const before = requests;
  await expect(send(hosts, host)).rejects.toThrow(/are not allowed|private network/);
  expect(requests).toBe(before);
});

it('throws when the response is too long', async () => {
  await expect(send('127.0.0.1', '127.0.0.1', 4)).rejects.toThrow('longer than 4 bytes');
});
