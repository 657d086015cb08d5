import { Problem, sentence } from '@gatehouse/contracts';
import fastifyFactory from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LogRecorder } from '../../../../test/support/log-recorder.js';
import { networkLimit } from './rate-limits/network-rate-limiter.js';
import { logRefusal } from './refusal-log.js';

/** Requests a route that throws `error`. Returns the log lines. */
async function linesOf(error: () => unknown) {
  const log = new LogRecorder();
  const fastify = fastifyFactory({ genReqId: () => 'request-1' });
  onTestFinished(() => fastify.close());
  fastify.setErrorHandler((thrown: Problem, request, reply) => {
    logRefusal(log.logger, thrown, request);
    return reply.send();
  });
  fastify.post('/devices/:pk/', () => {
    throw error();
  });
  await fastify.inject({ method: 'POST', url: '/devices/sent-by-client/?a=sent-by-client' });
  expect(log.text).not.toContain('sent-by-client');
  return log.lines;
}

/** Fields that every log line has. */
const FACTS = {
  ...{ level: 'security', request_id: 'request-1', client_ip: '127.0.0.1', method: 'POST', route: '/devices/:pk/' },
};

describe('the refusal of a request', () => {
  it.each([
    ['token_invalid', 'token_refused'],
    ['credentials_in_query', 'secret_in_query'],
    ['permission_denied', 'permission_refused'],
  ] as const)('with %s is logged as %s, without the text of its detail', async (code, event) => {
    const [line, ...others] = await linesOf(() => new Problem(code, { detail: 'a text of an administrator' }));
    expect(line).toMatchObject({ ...FACTS, event });
    expect(line).not.toHaveProperty('reason');
    expect(others).toEqual([]);
  });

  it('with csrf_failed is logged as csrf_refused, with the failed check but without what the client sent', async () => {
    const detail = sentence('Origin checking failed - {origin}', { origin: 'https://sent-by-client.example' });
    expect(await linesOf(() => new Problem('csrf_failed', { detail }))).toMatchObject([
      { ...FACTS, event: 'csrf_refused', reason: 'Origin checking failed - {origin}' },
    ]);
  });

  it('by a rate limit is logged as rate_limit_hit, with the name of the limit', async () => {
    const count = networkLimit('new_session', { requests: 1, periodS: 60 });
    count('127.0.0.1');
    const above = () => {
      count('127.0.0.1');
      return new Error('not limited');
    };
    expect(await linesOf(above)).toMatchObject([{ ...FACTS, event: 'rate_limit_hit', reason: 'new_session' }]);
  });
});

it.each(['not_found', 'malformed_json', 'not_authenticated', 'rate_limited'] as const)(
  'an ordinary refusal is not logged: %s',
  async (code) => {
    expect(await linesOf(() => new Problem(code))).toEqual([]);
  },
);
