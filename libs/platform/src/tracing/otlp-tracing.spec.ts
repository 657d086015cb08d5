import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { LogRecorder } from '../../../../test/support/log-recorder.js';
import { scrape } from '../../../../test/support/metrics.js';
import { traceWork } from './active-span.js';
import { startTracing } from './start-tracing.js';
import { tracingConfig } from './tracing.config.js';

interface Batch {
  readonly body: string;
  readonly response: ServerResponse;
}

/** Starts an HTTP server that receives exported spans. Each request waits until the test answers it. */
async function collector() {
  const batches: Batch[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.once('end', () => {
      batches.push({ body: `${request.url} ${body}`, response });
      server.emit('batch');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const next = async (): Promise<Batch> => {
    while (batches.length === 0) await once(server, 'batch');
    return batches.shift()!;
  };
  return { next, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function trace(url: string, settings: Readonly<Record<string, string>> = {}) {
  const log = new LogRecorder();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER_ARG: '1', OTEL_BSP_SCHEDULE_DELAY: '100' };
  const stop = await startTracing(tracingConfig.parse({ ...env, ...settings }), 'test', log.logger);
  onTestFinished(stop);
  const record = (name: string) => traceWork({ name }, async () => undefined);
  return { log, stop, record };
}

it('tracing sends spans with the name and version of the process, and the last spans when it stops', async () => {
  const { next, url } = await collector();
  const { record, stop, log } = await trace(`${url}/`);
  await record('first');
  const first = await next();
  expect(first.body).toContain('/v1/traces ');
  expect(first.body).toContain('"name":"first"');
  expect(first.body).toMatch(/"service\.name","value":\{"stringValue":"gatehouse-test"\}.*"service\.version"/);
  first.response.end('{}');
  await record('second');
  const stopped = stop();
  const second = await next();
  expect(second.body).toContain('"name":"second"');
  second.response.end('{}');
  await stopped;
  expect(log.lines).toEqual([]);
});

it('tracing logs one line when the collector starts to refuse spans, and one when it accepts spans again', async () => {
  const { next, url } = await collector();
  const { record, log } = await trace(url);
  for (const status of [400, 400, 200, 200]) {
    await record(`answered ${status}`);
    (await next()).response.writeHead(status).end('{}');
  }
  expect(log.lines).toMatchObject([
    { event: 'spans_not_accepted', level: 'warn', reason: 'export_failed: Bad Request' },
    { event: 'spans_accepted', level: 'info', lost_spans: 2 },
  ]);
});

const droppedFor = async (reason: string) => (await scrape(`gatehouse_spans_dropped_total{reason="${reason}"}`)) ?? 0;

const REJECTED_AS_TEXT = '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}';
const COUNT_IN_WORDS = '{"partialSuccess":{"rejectedSpans":"all"}}';
it.each([
  { what: 'rejects some', reason: 'rejected', lost: 2, reply: REJECTED_AS_TEXT, detail: 'too old' },
  {
    what: 'rejects one',
    reason: 'rejected',
    lost: 1,
    reply: '{"partialSuccess":{"rejectedSpans":1}}',
    detail: 'no reason',
  },
  {
    what: 'rejects too many',
    reason: 'rejected',
    lost: 3,
    reply: '{"partialSuccess":{"rejectedSpans":9}}',
    detail: '',
  },
  { what: 'replies with a page', reason: 'unreadable_reply', lost: 3, reply: '<html>', detail: 'expected OTLP' },
  { what: 'replies with a list', reason: 'unreadable_reply', lost: 3, reply: '["ok"]', detail: 'expected OTLP' },
  { what: 'counts in words', reason: 'unreadable_reply', lost: 3, reply: COUNT_IN_WORDS, detail: 'expected OTLP' },
])(
  'spans are counted and logged as lost when the collector answers 200 and $what',
  async ({ reason, lost, reply, detail }) => {
    const { next, url } = await collector();
    const { record, log } = await trace(url);
    const before = await droppedFor(reason);
    for (const name of ['one', 'two', 'three']) await record(name);
    (await next()).response.end(reply);
    await record('later');
    (await next()).response.end('{}');
    await record('last');
    (await next()).response.end('{}');
    expect((await droppedFor(reason)) - before).toBe(lost);
    expect(log.lines).toMatchObject([
      { event: 'spans_not_accepted', reason: expect.stringMatching(`^${reason}: .*${detail}`) },
      { event: 'spans_accepted', lost_spans: lost },
    ]);
  },
);

it.each(['', '{}', '{"partialSuccess":null}', '{"partialSuccess":{"rejectedSpans":"0","errorMessage":"slow down"}}'])(
  'no span is counted as lost when the collector answers 200 with %j',
  async (reply) => {
    const { next, url } = await collector();
    const { record, log } = await trace(url);
    await record('one');
    (await next()).response.end(reply);
    await record('two');
    (await next()).response.end('{}');
    expect(log.lines).toEqual([]);
  },
);

it('spans of failed exports are counted as lost', async () => {
  const { next, url } = await collector();
  const { record } = await trace(url);
  const before = await droppedFor('export_failed');
  for (const name of ['one', 'two']) await record(name);
  (await next()).response.writeHead(400).end();
  await record('later');
  (await next()).response.end('{}');
  expect((await droppedFor('export_failed')) - before).toBe(2);
});

it('spans beyond OTEL_BSP_MAX_QUEUE_SIZE are dropped and counted while the collector does not answer', async () => {
  const before = await droppedFor('queue_full');
  const { next, url } = await collector();
  const { record, stop } = await trace(url, { OTEL_BSP_MAX_QUEUE_SIZE: '2' });
  await record('waits 0');
  const unanswered = await next();
  for (let i = 1; i <= 5; i++) await record(`waits ${i}`);
  const stopped = stop();
  const last = await next();
  expect(last.body.match(/waits \d/g)).toEqual(['waits 1', 'waits 2']);
  expect((await droppedFor('queue_full')) - before).toBe(3);
  last.response.end('{}');
  unanswered.response.end('{}');
  await stopped;
});

it('tracing stops within a few seconds even if the collector does not answer', async () => {
  const { next, url } = await collector();
  const { record, stop } = await trace(url);
  await record('lost');
  await next();
  const startedAt = performance.now();
  await stop();
  expect(performance.now() - startedAt).toBeLessThan(5000);
});
