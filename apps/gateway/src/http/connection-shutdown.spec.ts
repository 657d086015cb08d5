import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import { closeIdleConnectionsOnShutdown } from './connection-shutdown.js';

/** Opens a connection to a new server and sends a text. */
async function openConnection(text: string) {
  const app = fastify();
  closeIdleConnectionsOnShutdown(app, 100);
  app.get('/slow', async () => {
    await once(app.server, 'answer');
    return 'answered';
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const accepted = once(app.server, 'connection');
  const client = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await accepted) as [NodeJS.ReadableStream];
  if (text !== '') {
    const received = once(socket, 'data');
    client.write(text);
    await received;
  }
  return { app, client };
}

it.each([
  ['has sent nothing', ''],
  ['has sent part of a request', 'GET / HT'],
])('a connection that %s does not delay the shutdown', async (_what, text) => {
  const { app, client } = await openConnection(text);
  const gone = once(client, 'close');
  client.on('error', () => undefined).resume();
  await app.close();
  await gone;
  expect(client.destroyed).toBe(true);
});

it('a running request is answered before the shutdown', async () => {
  const { app, client } = await openConnection('GET /slow HTTP/1.1\r\nHost: here\r\n\r\n');
  const closed = app.close();
  app.server.emit('answer');
  let answer = '';
  for await (const chunk of client) answer += String(chunk);
  await closed;
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*answered$/);
});
