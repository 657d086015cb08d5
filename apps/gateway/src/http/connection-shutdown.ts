import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * When the server shuts down, closes the connections whose first request has not arrived: unused connections at once,
 * other connections after `arrivalMs` milliseconds. Node would wait for them without a time limit, and browsers keep
 * unused connections in reserve.
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
