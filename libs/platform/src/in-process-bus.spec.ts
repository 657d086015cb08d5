import { afterEach, beforeEach, expect, it } from 'vitest';
import { serveOn } from '../../../test/support/buses.js';
import type { Requester } from './bus.js';
import { ConfigError } from './config.js';
import { InProcessBus } from './in-process-bus.js';

const LONG = 60_000;
const SUBJECT = 'stage.sample.respond';

let bus: InProcessBus;
let requester: Requester;
beforeEach(async () => {
  bus = new InProcessBus();
  requester = await bus.openRequester();
});
afterEach(() => requester.close());

it('the in-process bus calls the handler in a later turn of the event loop than the requester', async () => {
  const steps: string[] = [];
  const server = await serveOn(bus, { [SUBJECT]: async () => steps.push('handled') });
  const request = requester.request(SUBJECT, '{}', LONG);
  await Promise.resolve().then(() => steps.push('sent'));
  await request;
  expect(steps).toEqual(['sent', 'handled']);
  await server.close();
});

it('the in-process bus copies each message, so that requester and handler share no memory', async () => {
  const reply = Buffer.from('"reply"');
  const server = await serveOn(bus, { [SUBJECT]: async (data) => (data === 'request' ? reply : data) });
  const body = Buffer.from('"request"');
  const request = requester.request(SUBJECT, body, LONG);
  body.fill(0);
  const received = Buffer.from(await request);
  reply.fill(0);
  expect(received.toString()).toBe('"reply"');
  await server.close();
});

it('the in-process bus answers a request that was sent just before the server closes', async () => {
  let closed = false;
  const server = await serveOn(bus, { [SUBJECT]: async () => ({ closed }) });
  const request = requester.request(SUBJECT, '{}', LONG);
  await server.close();
  closed = true;
  expect(Buffer.from(await request).toString()).toBe('{"closed":false}');
});

it('the in-process bus refuses a second handler of a subject until the server of the first has closed', async () => {
  const server = await serveOn(bus, { [SUBJECT]: async () => 1 });
  await expect(serveOn(bus, { [SUBJECT]: async () => 2 })).rejects.toThrow(`${SUBJECT} has a handler already`);
  await server.close();
  const next = await serveOn(bus, { [SUBJECT]: async () => 2 });
  expect(Buffer.from(await requester.request(SUBJECT, '{}', LONG)).toString()).toBe('2');
  await next.close();
});

it('the in-process bus throws a ConfigError that names EVENTS_STREAM when a stream is configured', async () => {
  const opened = bus.openPublisher('courier', { timeoutMs: LONG, stream: 'EVENTS' });
  await expect(opened).rejects.toThrow(ConfigError);
  await expect(opened).rejects.toThrow('EVENTS_STREAM is EVENTS, which needs a NATS server with JetStream.');
});
