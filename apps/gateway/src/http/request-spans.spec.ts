import { once } from 'node:events';
import { type ClientRequest, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { activeTrace } from '@gatehouse/platform';
import { fastify } from 'fastify';
import { expect, it, onTestFinished } from 'vitest';
import { recordTestSpans } from '../../../../test/support/spans.js';
import { recordRequestSpans } from './request-spans.js';

const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = (flags: string) => `00-${CALLER.traceId}-${CALLER.spanId}-${flags}`;
const FROM_PROXY = { 'x-forwarded-for': '192.0.2.7' };

/** A server with a route for each behaviour, on the loopback interface. */
async function serve({ ratio = 1, use = 'link' as 'link' | 'join', trustProxy = '127.0.0.1' as string | false } = {}) {
  const { untilEnded } = recordTestSpans(ratio);
  const server = fastify({ trustProxy });
  recordRequestSpans(server, use);
  const traces: (string | undefined)[] = [];
  server.all('/items/:item/', async () => {
    traces.push(activeTrace()?.traceId);
    return {};
  });
  server.get('/broken/', async (_request, reply) => reply.status(503).send({}));
  server.get('/-/health/live/', async () => ({}));
  server.get('/ws/client/', async () => ({}));
  server.get('/silent/', async () => new Promise(() => undefined));
  await server.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  const { port } = server.server.address() as AddressInfo;
  const open = (path: string, headers: Readonly<Record<string, string | string[]>> = {}): ClientRequest =>
    httpRequest({ port, host: '127.0.0.1', path, headers, method: 'body' in headers ? 'POST' : 'GET' });
  const send = async (path: string, headers: Readonly<Record<string, string | string[]>> = {}) => {
    const [response] = (await once(open(path, headers).end(), 'response')) as [NodeJS.ReadableStream];
    response.resume();
    await once(response, 'end');
  };
  return { open, send, recorded: untilEnded, traces };
}

it('the span of a request has its route, but not its path and query', async () => {
  const { send, recorded, traces } = await serve();
  await send('/items/secret-path/?token=secret-query');
  const [span] = await recorded(1);
  expect(span).toMatchObject({
    name: 'GET /items/:item/',
    kind: 1,
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/items/:item/',
      'http.response.status_code': 200,
      'url.scheme': 'http',
    },
    links: [],
  });
  expect(JSON.stringify(span?.attributes)).not.toContain('secret');
  expect(traces).toEqual([span?.spanContext().traceId]);
});

it('the span of a server error is marked as failed, and the span of an unknown path is named only by the method', async () => {
  const { send, recorded } = await serve();
  await send('/broken/');
  await send('/nowhere/secret/');
  const [broken, unknown] = await recorded(2);
  expect(broken).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': '503' } });
  expect(unknown).toMatchObject({ name: 'GET', status: { code: 0 }, attributes: { 'http.response.status_code': 404 } });
  expect(JSON.stringify(unknown?.attributes)).not.toContain('secret');
});

it('the span of a request ends if its client disconnects before the response', async () => {
  const { open, recorded } = await serve();
  const request = open('/silent/').on('error', () => undefined);
  request.end();
  await once(request, 'socket');
  await new Promise((resolve) => request.once('finish', resolve));
  request.destroy();
  const [span] = await recorded(1);
  expect(span?.attributes).toMatchObject({ 'error.type': 'client_disconnected' });
  expect(span?.attributes).not.toHaveProperty('http.response.status_code');
});

it('probes and WebSockets have no span', async () => {
  const { send, recorded } = await serve();
  await send('/-/health/live/');
  await send('/ws/client/');
  await send('/items/1/');
  expect((await recorded(1)).map(({ name }) => name)).toEqual(['GET /items/:item/']);
});

it('without the setting join, a traceparent causes no request to be recorded, not even from a trusted proxy', async () => {
  const { send, traces } = await serve({ ratio: 0 });
  await send('/items/1/', { traceparent: traceparent('01') });
  await send('/items/1/', { traceparent: traceparent('01'), ...FROM_PROXY });
  expect(traces).toEqual([undefined, undefined]);
});

it('the span of a request links to the trace of the caller, and has a trace id of its own', async () => {
  const { send, recorded } = await serve();
  await send('/items/1/', { traceparent: traceparent('01'), ...FROM_PROXY });
  const [span] = await recorded(1);
  expect(span?.links).toMatchObject([{ context: CALLER }]);
  expect(span?.spanContext().traceId).not.toBe(CALLER.traceId);
  expect(span?.parentSpanContext).toBeUndefined();
});

it.each([
  ['many', [traceparent('01'), traceparent('01')]],
  ['malformed', `${traceparent('01')}-more`],
  ['long', 'a'.repeat(8000)],
])('a traceparent with %s values is ignored', async (_, value) => {
  const { send, recorded } = await serve({ use: 'join' });
  await send('/items/1/', { traceparent: value, ...FROM_PROXY });
  const [span] = await recorded(1);
  expect(span).toMatchObject({ links: [], parentSpanContext: undefined });
});

it('with the setting join, the trace of a trusted proxy is continued, and recorded if the proxy records it', async () => {
  const { send, recorded, traces } = await serve({ use: 'join', ratio: 0 });
  await send('/items/1/', { traceparent: traceparent('00'), ...FROM_PROXY });
  await send('/items/1/', { traceparent: traceparent('01'), ...FROM_PROXY });
  expect(traces).toEqual([undefined, CALLER.traceId]);
  expect((await recorded(1))[0]?.parentSpanContext).toMatchObject(CALLER);
});

it('with the setting join, the trace of a client that is no trusted proxy is only linked, even if its headers claim one', async () => {
  const { send, recorded } = await serve({ use: 'join', trustProxy: '192.0.2.1' });
  await send('/items/1/', { traceparent: traceparent('01'), ...FROM_PROXY });
  const [span] = await recorded(1);
  expect(span).toMatchObject({ links: [{ context: CALLER }], parentSpanContext: undefined });
});
