import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Closes connections without a request when the server shuts down. Node would wait for them without a time limit, and
 * browsers keep such connections in reserve. Closes a connection that has sent nothing at once, and a connection that
 * has sent a part of its first request after `arrivalMs` milliseconds.
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
