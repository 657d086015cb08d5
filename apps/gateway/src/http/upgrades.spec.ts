import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendRaw } from '../../../../test/support/raw-http.js';
import { handleUpgrades, SOCKET_PATH, upgradableConnection } from './upgrades.js';

let app: FastifyInstance;
let url: string;

beforeEach(async () => {
  app = fastify();
  handleUpgrades(app);
  app.post('/echo', async ({ body, headers: { upgrade = 'none', 'x-mark': mark } }) => ({ body, upgrade, mark }));
  app.get('/slow', async () => {
    await once(app.server, 'answer');
    return 'answered';
  });
  app.get(SOCKET_PATH, async (request, reply) => {
    const connection = upgradableConnection(request);
    if (!connection) return reply.status(404).send();
    if (request.headers['x-mark'] === 'refuse') return reply.status(403).send('refused');
    reply.hijack();
    connection.release();
    return connection.socket.end(`HTTP/1.1 101 Switching Protocols\r\n\r\n`);
  });
  url = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(() => app.close());

const upgrade = (protocol: string) => `Host: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n`;

describe('a request with an Upgrade header', () => {
  it('is answered as if it had none, with its body, if it asks for another protocol than WebSocket', async () => {
    const headers = `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nX-Mark: \xe4\r\n`;
    const body = '{"a":1}';
    const head = `POST /echo HTTP/1.1\r\nHost: x\r\n${headers}Content-Type: application/json\r\n`;
    const whole = await sendRaw(url, `${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    expect([whole.status, JSON.parse(whole.body)]).toEqual([200, { body: { a: 1 }, upgrade: 'none', mark: 'ä' }]);

    const chunked = await sendRaw(url, `${head}Transfer-Encoding: chunked\r\n\r\n7\r\n${body}\r\n0\r\n\r\n`);
    expect(JSON.parse(chunked.body)).toMatchObject({ body: { a: 1 } });
  });

  it.each([
    ['of another path', 'GET /nowhere HTTP/1.1'],
    ['with another method', `POST ${SOCKET_PATH} HTTP/1.1`],
  ])('is answered as if it had none if it asks for a WebSocket %s', async (_what, line) => {
    expect(await sendRaw(url, `${line}\r\n${upgrade('websocket')}\r\n`)).toMatchObject({ status: 404 });
  });

  it('reaches the route of the WebSocket with its connection, and a refusal ends the connection', async () => {
    const request = `GET ${SOCKET_PATH}?any=1 HTTP/1.1\r\n${upgrade('WebSocket')}`;
    expect(await sendRaw(url, `${request}X-Mark: refuse\r\n\r\n`)).toMatchObject({
      status: 403,
      headers: { connection: 'close' },
      body: 'refused',
    });
    expect(await sendRaw(url, `GET ${SOCKET_PATH} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatchObject({ status: 404 });
  });

  it.each(['websocket', 'h2c'])(
    'for %s ends the connection if an earlier request is not answered yet, and the server goes on',
    async (protocol) => {
      const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
      const first = once(app.server, 'request');
      const closed = once(socket.on('error', () => undefined).resume(), 'close');
      socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
      await first;
      socket.write(`GET ${SOCKET_PATH} HTTP/1.1\r\n${upgrade(protocol)}\r\n`);
      await closed;
      expect(await sendRaw(url, 'GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n')).toMatchObject({ status: 404 });
    },
  );
});
