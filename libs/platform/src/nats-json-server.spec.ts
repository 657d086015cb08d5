import type { NatsConnection } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../../../test/support/nats.js';
import { connectNats, natsOptions } from './nats-connection.js';
import { NatsJsonServer } from './nats-json-server.js';
import { NatsRequester } from './nats-requester.js';

const LONG = 60_000;
type Handler = (data: unknown) => Promise<unknown>;

describeWithNats('a server on NATS', () => {
  let nats: RunningNats;
  let connection: NatsConnection;
  let requester: NatsRequester;
  let servers: NatsJsonServer[];

  // The tests cause failures on purpose, so their log lines are discarded.
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    nats = await startNats();
    connection = await connectNats({ NATS_URL: nats.url }, 'requester');
    requester = new NatsRequester(connection, '_INBOX_requester', { sweepEveryMs: 5 });
    servers = [];
  });
  afterEach(async () => {
    await Promise.all([...servers.map((server) => server.close()), connection.close()]);
    await nats.stop();
  });

  const serve = (handler: Handler, { login = {}, drainMs = 30_000 }: { login?: object; drainMs?: number } = {}) => {
    const server = new NatsJsonServer(natsOptions({ NATS_URL: nats.url, ...login }, 'server'), { drainMs });
    server.addHandler('stage.sample.respond', handler, false, { queue: 'sample' });
    servers.push(server);
    return new Promise<NatsJsonServer>((resolve, reject) => {
      void server.listen((error) => (error ? reject(error as Error) : resolve(server)));
    });
  };
  const ask = async (body: string): Promise<unknown> =>
    JSON.parse(new TextDecoder().decode(await requester.request('stage.sample.respond', body, LONG)));

  it('answers each request once when several servers share a queue group', async () => {
    let handled = 0;
    const count = async () => ++handled;
    await Promise.all([serve(count), serve(count)]);
    await Promise.all(Array.from({ length: 50 }, () => ask('{}')));
    await connection.flush();
    expect(handled).toBe(50);
  });

  it('closes while NATS is down', async () => {
    const server = await serve(async () => 'answered', { drainMs: 1 });
    await nats.stop();
    await expect(server.close()).resolves.toBeUndefined();
    // If the connection still tried to connect, it would keep the process alive.
    expect(server.unwrap<NatsConnection>().isClosed()).toBe(true);
  });

  it('resolves `refused` and closes at once when NATS refuses its user for good', async () => {
    const withPassword = (password: string) => ({ config: `authorization { user: server, password: ${password} }` });
    await nats.stop();
    nats = await startNats(withPassword('old'));
    const login = { NATS_USER: 'server', NATS_PASSWORD: 'old' };
    const [staying, leaving] = [
      await serve(async () => 1, { login }),
      await serve(async () => 1, { login, drainMs: LONG }),
    ];
    const port = Number(new URL(nats.url).port);
    await nats.stop();
    const left = leaving.close();
    nats = await startNats({ ...withPassword('new'), port });

    expect((await staying.refused).message).toMatch(/Authorization Violation/);
    await expect(left).resolves.toBeUndefined();
  });

  it('fails to start when NATS refuses a subscription', async () => {
    await nats.stop();
    const permissions = 'permissions: { subscribe: ["stage.other.* other", "_INBOX_server.>"] }';
    nats = await startNats({ config: `authorization { users: [{ user: server, password: s, ${permissions} }] }` });
    const started = serve(async () => 'answered', { login: { NATS_USER: 'server', NATS_PASSWORD: 's' } });
    await expect(started).rejects.toThrow('stage.sample.respond');
  });

  it('logs that NATS refuses its replies', async () => {
    await nats.stop();
    const users = '{ user: server, password: s, permissions: { publish: { deny: "_INBOX_requester.>" } } }';
    nats = await startNats({ config: `authorization { users: [${users}, { user: requester, password: s }] }` });
    const logged = new Promise<unknown>((resolve) => Logger.overrideLogger({ log() {}, warn() {}, error: resolve }));
    await serve(async () => 'answered', { login: { NATS_USER: 'server', NATS_PASSWORD: 's' } });
    await connection.close();
    connection = await connectNats({ NATS_URL: nats.url, NATS_USER: 'requester', NATS_PASSWORD: 's' }, 'requester');
    connection.publish('stage.sample.respond', '{}', { reply: '_INBOX_requester.one' });
    expect(await logged).toMatch(/^NATS: Permissions Violation for Publish to "_INBOX_requester\.one"/);
    Logger.overrideLogger(false);
  });

  it('starts with permissions for its subjects and queue group only', async () => {
    await nats.stop();
    const permissions =
      'permissions: { publish: { deny: ">" }, subscribe: ["stage.sample.* sample", "_INBOX_server.>"], allow_responses: { max: 1, expires: "30s" } }';
    const users = `{ user: server, password: s, ${permissions} }, { user: requester, password: s }`;
    nats = await startNats({ config: `authorization { users: [${users}] }` });
    await serve(async () => 'answered', { login: { NATS_USER: 'server', NATS_PASSWORD: 's' } });
    await connection.close();
    connection = await connectNats({ NATS_URL: nats.url, NATS_USER: 'requester', NATS_PASSWORD: 's' }, 'requester');
    requester = new NatsRequester(connection, '_INBOX_requester', { sweepEveryMs: 5 });
    expect(await ask('{}')).toBe('answered');
  });
});
