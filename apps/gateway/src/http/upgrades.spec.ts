import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendRaw } from '../../../../test/support/raw-http.js';
import { handleUpgrades, SOCKET_PATH, upgradableConnection, upgradeOptions } from './upgrades.js';

let app: FastifyInstance;
let url: string;

beforeEach(async () => {
  app = fastify({ http: upgradeOptions });
  handleUpgrades(app);
  app.post('/echo', async ({ body, headers: { 'x-mark': mark } }) => ({ body, mark }));
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
  it('for another protocol than WebSocket is answered with its body, as if the header were missing', async () => {
    const headers = `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nX-Mark: \xe4\r\n`;
    const body = '{"a":1}';
    const head = `POST /echo HTTP/1.1\r\nHost: x\r\n${headers}Content-Type: application/json\r\n`;
    const whole = await sendRaw(url, `${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    expect([whole.status, JSON.parse(whole.body)]).toEqual([200, { body: { a: 1 }, mark: 'ä' }]);

    const chunked = await sendRaw(url, `${head}Transfer-Encoding: chunked\r\n\r\n7\r\n${body}\r\n0\r\n\r\n`);
    expect(JSON.parse(chunked.body)).toMatchObject({ body: { a: 1 } });
  });

  it.each([
    ['of another path', 'GET /nowhere HTTP/1.1'],
    ['with another method', `POST ${SOCKET_PATH} HTTP/1.1`],
  ])('for a WebSocket %s is answered as if the header were missing', async (_what, line) => {
    expect(await sendRaw(url, `${line}\r\n${upgrade('websocket')}\r\n`)).toMatchObject({ status: 404 });
  });

  it('for the WebSocket of pages reaches its route with its connection, and a refusal ends the connection', async () => {
    const request = `GET ${SOCKET_PATH}?any=1 HTTP/1.1\r\n${upgrade('WebSocket')}`;
    expect(await sendRaw(url, `${request}X-Mark: refuse\r\n\r\n`)).toMatchObject({
      status: 403,
      headers: { connection: 'close' },
      body: 'refused',
    });
    expect(await sendRaw(url, `GET ${SOCKET_PATH} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatchObject({ status: 404 });
  });

  it('for a WebSocket ends the connection if an earlier request is not answered yet, and the server keeps running', async () => {
    const { socket, closed } = await unanswered();
    socket.write(`GET ${SOCKET_PATH} HTTP/1.1\r\n${upgrade('websocket')}\r\n`);
    await closed;
    expect(await sendRaw(url, 'GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n')).toMatchObject({ status: 404 });
  });

  it('for another protocol is answered in turn or ends the connection if an earlier request is not answered yet', async () => {
    const { socket, closed } = await unanswered();
    const next = once(app.server, 'request');
    socket.write(`POST /echo HTTP/1.1\r\n${upgrade('h2c')}\r\n`);
    // Before version 24.9, Node cannot answer the second request and ends the connection.
    await Promise.race([next, closed]);
    app.server.emit('answer');
    expect(await sendRaw(url, 'GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n')).toMatchObject({ status: 404 });
    socket.destroy();
    await closed;
  });
});

/** Opens a connection and sends a request that is answered when the server emits `answer`. */
async function unanswered() {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  const first = once(app.server, 'request');
  const closed = once(socket.on('error', () => undefined).resume(), 'close');
  socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
  await first;
  return { socket, closed };
}
