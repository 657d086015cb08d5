import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerBodyParsers } from './body.parser.js';

const MIB = 1024 * 1024;
const PATH = '/api/v3/flows/instances/apply/';
const PART = Buffer.alloc(MIB, 'x');
const CHUNK = Buffer.concat([Buffer.from(`${MIB.toString(16)}\r\n`), PART, Buffer.from('\r\n')]);

let server: FastifyInstance;
let socket: Socket;
beforeEach(async () => {
  server = fastify();
  registerBodyParsers(server, 1024);
  server.post(PATH, async (_request, reply) => reply.status(403).send({ detail: 'refused' }));
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as { port: number };
  socket = connect(port, '127.0.0.1');
  // Ignores the error of a connection that the server closes before the whole body is sent.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
});
afterEach(() => {
  socket.destroy();
  return server.close();
});

const head = (headers: string) =>
  `POST ${PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${headers}\r\n\r\n`;

/** Sends parts of 1 MiB as fast as the server takes them. Returns their number when the connection closes, or `max`. */
async function sendParts(part: Buffer, max: number): Promise<number> {
  const happens = (event: 'close' | 'drain') =>
    new Promise<string>((resolve) => void socket.once(event, () => resolve(event)));
  const closed = happens('close');
  socket.resume();
  for (let sent = 0; sent < max; sent++) {
    if (socket.write(part)) continue;
    if ((await Promise.race([closed, happens('drain')])) === 'close') return sent;
  }
  return max;
}

describe('a refused request whose handler has not read the body', () => {
  it.each([
    ['of a declared length', `content-length: ${256 * MIB}`, PART],
    ['in chunks', 'transfer-encoding: chunked', CHUNK],
  ])('loses its connection if its body %s is longer than the server discards', async (_, header, part) => {
    socket.write(head(header));
    expect(await sendParts(part, 256)).toBeLessThan(64);
  });

  it('is answered at once if it declares too long a body', async () => {
    socket.write(head(`content-length: ${256 * MIB}`));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toContain('403');
  });

  it('is answered after a shorter body, and keeps its connection', async () => {
    for (const attempt of [1, 2]) {
      socket.write(head(`content-length: ${3 * MIB}`));
      for (let sent = 0; sent < 3; sent++) socket.write(PART);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect([attempt, String(answer).split('\r\n')[0]]).toEqual([attempt, 'HTTP/1.1 403 Forbidden']);
    }
  });
});
