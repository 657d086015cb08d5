import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Closes connections without a request when the server shuts down. Node waits for them without a time limit, and browsers keep
 * such connections in reserve. A connection that has sent nothing is closed at once, one that has sent part of its first
 * request after `arrivalMs`.
 */
export function closeIdleConnectionsOnShutdown(fastify: FastifyInstance, arrivalMs: number): void {
  const silent = new Set<Socket>();
  fastify.server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  fastify.server.on('request', ({ socket }) => silent.delete(socket));
  fastify.addHook('preClose', (done) => {
    for (const socket of silent) if (socket.bytesRead === 0) socket.destroy();
    setTimeout(() => silent.forEach((socket) => socket.destroy()), arrivalMs).unref();
    done();
  });
}
