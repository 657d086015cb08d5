import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import { closeIdleConnectionsOnShutdown } from './connection-shutdown.js';

/** A server, and a connection to it that has said so much. */
async function visited(said: string) {
  const app = fastify();
  closeIdleConnectionsOnShutdown(app, 100);
  app.get('/slow', async () => {
    await once(app.server, 'answer');
    return 'answered';
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const accepted = once(app.server, 'connection');
  const visitor = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await accepted) as [NodeJS.ReadableStream];
  if (said !== '') {
    const heard = once(socket, 'data');
    visitor.write(said);
    await heard;
  }
  return { app, visitor };
}

it.each([
  ['has said nothing', ''],
  ['never ends what it says', 'GET / HT'],
])('a connection that %s holds nobody up who leaves', async (_what, said) => {
  const { app, visitor } = await visited(said);
  const gone = once(visitor, 'close');
  visitor.on('error', () => undefined).resume();
  await app.close();
  await gone;
  expect(visitor.destroyed).toBe(true);
});

it('a request that is under way is answered first', async () => {
  const { app, visitor } = await visited('GET /slow HTTP/1.1\r\nHost: here\r\n\r\n');
  const closed = app.close();
  app.server.emit('answer');
  let answer = '';
  for await (const chunk of visitor) answer += String(chunk);
  await closed;
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*answered$/);
});
