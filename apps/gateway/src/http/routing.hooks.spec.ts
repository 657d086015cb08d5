import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { enforceStrictRouting, SINCE_2026_ROUTE } from './routing.hooks.js';

/** Returns the statuses of a route of 2026.8, for its method and for another one, and whether its body was read. */
async function answers(version: '2024.8' | '2026.8') {
  const fastify = Fastify({ routerOptions: { ignoreTrailingSlash: true } });
  enforceStrictRouting(fastify, version);
  fastify.setErrorHandler((error, _request, reply) => reply.status(400).send((error as { code?: string }).code));
  fastify.post('/new', { config: SINCE_2026_ROUTE }, () => 'done');
  const bodies: string[] = [];
  for (const [method, url] of [
    ['POST', '/new/'],
    ['GET', '/new/'],
    ['GET', '/unknown/'],
  ] as const)
    bodies.push((await fastify.inject({ method, url })).body);
  await fastify.close();
  return bodies;
}

it('a route of 2026.8 is not found under 2024.8, whatever the method', async () => {
  expect(await answers('2024.8')).toEqual(['not_found', 'not_found', 'not_found']);
  expect(await answers('2026.8')).toEqual(['done', 'method_not_allowed', 'not_found']);
});
