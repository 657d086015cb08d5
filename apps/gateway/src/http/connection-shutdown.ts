import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Once its server closes, Node waits for each connection that it does not know to be idle, and times none of them any more:
 * one that never said anything, as browsers keep in store, would hold the gateway up for as long as it likes. Such ones are
 * dropped at once; those whose first request is on its way, after `arrivalMs`.
 */
export function closeIdleConnectionsOnShutdown(fastify: FastifyInstance, arrivalMs: number): void {
  const unheard = new Set<Socket>();
  fastify.server.on('connection', (socket) => {
    unheard.add(socket);
    socket.once('close', () => unheard.delete(socket));
  });
  fastify.server.on('request', ({ socket }) => unheard.delete(socket));
  fastify.addHook('preClose', (done) => {
    for (const socket of unheard) if (socket.bytesRead === 0) socket.destroy();
    setTimeout(() => unheard.forEach((socket) => socket.destroy()), arrivalMs).unref();
    done();
  });
}
