import type { NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LogRecorder } from '../../../test/support/log-recorder.js';
import { describeWithNats, type RunningNats, startNats } from '../../../test/support/nats.js';
import { BusDownError } from './bus.js';
import { connectNats, isConnectionReady } from './nats-connection.js';
import { NatsRequester } from './nats-requester.js';
import { NatsSubscriptions } from './nats-subscriptions.js';

const LONG = 60_000;
const ALL = '"stage.a.challenge a", "stage.b.challenge b", "_INBOX_server.>"';
const LESS = '"stage.a.challenge a"';

describeWithNats('subscriptions on NATS', () => {
  let nats: RunningNats;
  let connection: NatsConnection;
  let client: NatsConnection;
  let log: LogRecorder;

  const permitting = (subjects: string) =>
    `authorization { users: [
      { user: server, password: s, permissions: { publish: ">", subscribe: [${subjects}] } }
      { user: client, password: s }
    ] }`;
  const login = (user: string) => connectNats({ NATS_URL: nats.url, NATS_USER: user, NATS_PASSWORD: 's' }, user);

  beforeEach(async () => {
    nats = await startNats({ config: permitting(ALL) });
    [connection, client] = [await login('server'), await login('client')];
    log = new LogRecorder();
  });
  afterEach(async () => {
    await Promise.all([connection.close(), client.close()]);
    await nats.stop();
  });

  async function subscribe(...kinds: string[]): Promise<NatsSubscriptions> {
    const subscriptions = new NatsSubscriptions(connection, log.logger, 20);
    for (const kind of kinds)
      subscriptions.add(`stage.${kind}.challenge`, (message) => message.respond(`from ${kind}`), kind);
    await subscriptions.check();
    return subscriptions;
  }
  const ask = async (kind: string) => (await client.request(`stage.${kind}.challenge`, '', { timeout: LONG })).string();

  it('are not ready after a reload has removed their permission, and subscribe again once it is back', async () => {
    const subscriptions = await subscribe('a', 'b');
    const refused = log.says(/bus_subscription_refused.*"stage\.b\.challenge"/);
    await nats.reload(permitting(LESS));
    await refused;
    expect(await isConnectionReady(connection, subscriptions)).toBe(false);
    await expect(ask('b')).rejects.toThrow(/no responders/);
    expect(await ask('a')).toBe('from a');

    const accepted = log.says(/bus_subscription_accepted.*"stage\.b\.challenge"/);
    await nats.reload(permitting(ALL));
    await accepted;
    expect(await isConnectionReady(connection, subscriptions)).toBe(true);
    expect([await ask('a'), await ask('b')]).toEqual(['from a', 'from b']);
  });

  it('subscribe again after a reconnect to a server that refuses them at first', async () => {
    await subscribe('a', 'b');
    const refused = log.says(/bus_subscription_refused.*"stage\.b\.challenge"/);
    await nats.stop();
    nats = await startNats({ config: permitting(LESS), port: Number(new URL(nats.url).port) });
    await refused;
    const accepted = log.says(/bus_subscription_accepted.*"stage\.b\.challenge"/);
    await nats.reload(permitting(ALL));
    await accepted;
    await client.close();
    client = await login('client');
    expect(await ask('b')).toBe('from b');
  });

  it('deliver each message once after a refusal and a reconnect', async () => {
    let received = 0;
    const subscriptions = new NatsSubscriptions(connection, log.logger, 20);
    subscriptions.add('stage.b.challenge', () => received++, 'b');
    await subscriptions.check();
    const accepted = log.says(/bus_subscription_accepted/);
    await nats.reload(permitting(LESS));
    await nats.reload(permitting(ALL));
    await accepted;
    await reconnect();
    await connection.flush();
    client.publish('stage.b.challenge');
    await client.flush();
    await connection.flush();
    expect(received).toBe(1);
  });

  it('make requests fail at once while NATS refuses the subscription to replies', async () => {
    const requester = new NatsRequester(connection, '_INBOX_server', { logger: log.logger });
    await requester.subscriptions.check();
    const refused = log.says(/bus_subscription_refused.*"_INBOX_server/);
    await nats.reload(permitting(LESS));
    await refused;
    expect(requester.connected).toBe(false);
    await expect(requester.request('echo', '{}', LONG)).rejects.toBeInstanceOf(BusDownError);

    const accepted = log.says(/bus_subscription_accepted.*"_INBOX_server/);
    await nats.reload(permitting(ALL));
    await accepted;
    client.subscribe('echo', { callback: (_error, message) => void message.respond(message.data) });
    await client.flush();
    expect(new TextDecoder().decode(await requester.request('echo', 'again', LONG))).toBe('again');
  });

  async function reconnect(): Promise<void> {
    const done = [connection, client].map(async (each) => {
      for await (const { type } of each.status()) if (type === 'reconnect') return;
    });
    await Promise.all([connection.reconnect(), client.reconnect(), ...done]);
  }
});
