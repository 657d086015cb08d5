import type { Msg, NatsConnection, Status } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { freshEnvironment } from '../../../test/deploy/env-file.js';
import { describeWithNats } from '../../../test/support/nats.js';
import { NatsCluster } from '../../../test/support/nats-cluster.js';
import { NoRespondersError, ReplyLostError } from './bus.js';
import { Logger } from './logger.js';
import { NatsBus } from './nats-bus.js';
import { connectNats, natsOptions } from './nats-connection.js';
import { NatsRequester } from './nats-requester.js';
import { NatsRoundTrip } from './nats-round-trip.js';
import { requestOverBus } from './request-over-bus.js';

const LONG = 60_000;
/** Milliseconds by which a hung server may delay a request, as the documentation states. */
const STATED_MS = 5000;
const [CHALLENGE, RESPOND] = ['stage.deny.challenge', 'stage.deny.respond'];

describeWithNats('three NATS servers of which one hangs', () => {
  let cluster: NatsCluster;
  let seed: string;
  let gateway: NatsConnection;
  let requester: NatsRequester;
  let services: NatsConnection[] = [];

  beforeAll(async () => {
    const env = await freshEnvironment();
    seed = env['NATS_NKEY_SEED_GATEWAY']!;
    cluster = await NatsCluster.open(inject('natsServer'), env);
    gateway = await connectNats(settings(0), 'gateway');
    requester = new NatsRequester(gateway, '_INBOX_gateway', { sweepEveryMs: 5 });
  });
  afterEach(async () => {
    for (let i = 0; i < cluster.size; i++) cluster.server(i).resume();
    await Promise.all(services.map((service) => service.close()));
    services = [];
    await rejoined();
  });
  afterAll(async () => {
    await requester?.close();
    await cluster?.close();
  });

  const settings = (...servers: number[]) => ({
    NATS_URL: servers.map((i) => cluster.server(i).url).join(','),
    NATS_NKEY_SEED: seed,
  });

  async function statusOf(connection: NatsConnection, wanted: Status['type']): Promise<void> {
    for await (const { type } of connection.status()) if (type === wanted) return;
  }

  /** Resolves when the gateway's server is connected to all other servers again. */
  async function rejoined(): Promise<void> {
    const update = statusOf(gateway, 'update');
    if (gateway.info?.connect_urls?.length === cluster.size) return;
    await update;
    await rejoined();
  }

  /** Serves a subject on server `i`. Resolves when the gateway's server knows the subscription. */
  async function serveBehind(i: number, subject: string, handle: (request: Msg) => void): Promise<void> {
    const service = await cluster.connectAs('session', i);
    services.push(service);
    let known = false;
    const callback = (_: unknown, request: Msg) => {
      if (known) return handle(request);
      known = true;
      return reply(request);
    };
    service.subscribe(subject, { queue: 'deny', callback });
    await service.flush();
    const ignored = (error: unknown) => {
      if (!(error instanceof NoRespondersError)) throw error;
    };
    while (!known) await requester.request(subject, '{}', LONG).catch(ignored);
  }
  const reply = (request: Msg) => void request.respond('{}');

  it('delay a request over the hung server by at most 5 s, and less with a shorter NATS_LOST_REPLY_MS', async () => {
    const hasty = await new NatsBus({ ...settings(0), NATS_LOST_REPLY_MS: 100 }).openRequester('gateway');
    await serveBehind(1, RESPOND, reply);
    await cluster.server(1).hang();
    const startedAt = performance.now();
    const order: unknown[] = [];
    const lose = (by: NatsRequester) =>
      expect(by.request(RESPOND, '{}', LONG).finally(() => order.push(by))).rejects.toBeInstanceOf(ReplyLostError);
    await Promise.all([requester, hasty].map(lose));
    expect(performance.now() - startedAt).toBeLessThan(STATED_MS);
    expect(order).toEqual([hasty, requester]);
    await hasty.close();
  });

  it('get a lost challenge request a second time, which reaches a service behind another server', async () => {
    await serveBehind(1, CHALLENGE, reply);
    await serveBehind(2, CHALLENGE, reply);
    await cluster.server(1).hang();
    const request = { subject: CHALLENGE, body: '{}', timeoutMs: LONG, reply: z.object({}), idempotent: true };
    const startedAt = performance.now();
    const replies = await Promise.all(Array.from({ length: 10 }, () => requestOverBus(requester, request)));
    expect(replies).toHaveLength(10);
    expect(performance.now() - startedAt).toBeLessThan(STATED_MS);
  });

  it('do not interrupt a slow request over another server, or a request that was sent later', async () => {
    const held: Msg[] = [];
    let handle = (request: Msg) => void held.push(request);
    await serveBehind(1, CHALLENGE, reply);
    await serveBehind(2, RESPOND, (request) => handle(request));
    await cluster.server(1).hang();
    const departed = statusOf(gateway, 'update');
    const lost = requester.request(CHALLENGE, '{}', LONG).catch((error: unknown) => error);
    const slow = requester.request(RESPOND, '{}', LONG);
    await departed;
    held.splice(0).forEach(reply);
    expect(await slow).toHaveLength(2);
    const later = requester.request(RESPOND, '{}', LONG);
    expect(await lost).toBeInstanceOf(ReplyLostError);
    handle = reply;
    held.forEach(reply);
    expect(await later).toHaveLength(2);
  });

  it('return a round trip over another connection, and later over the connection that has left the hung server', async () => {
    const connection = await connectNats(settings(1, 2), 'gateway');
    const roundTrip = new NatsRoundTrip(connection, natsOptions(settings(1, 2), 'gateway'), new Logger());
    const moved = statusOf(connection, 'reconnect');
    const own = [1, 2].find((i) => cluster.server(i).url === `nats://${connection.getServer()}`)!;
    await cluster.server(own).hang();
    expect(await roundTrip.completes(2000)).toBe(true);
    await moved;
    expect(await roundTrip.completes(2000)).toBe(true);
    await connection.close();
  });
});
