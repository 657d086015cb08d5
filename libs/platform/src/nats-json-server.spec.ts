import type { NatsConnection } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../../../test/support/nats.js';
import { connectNats, natsOptions } from './nats-connection.js';
import { MALFORMED_JSON, NatsJsonServer } from './nats-json-server.js';
import { NatsRequester, NoRespondersError } from './nats-requester.js';

const LONG = 60_000;
type Handler = (data: unknown) => Promise<unknown>;

describeWithNats('serving over NATS', () => {
  let nats: RunningNats;
  let connection: NatsConnection;
  let requester: NatsRequester;
  let servers: NatsJsonServer[];

  // What fails here fails on purpose.
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    nats = await startNats();
    connection = await connectNats({ NATS_URL: nats.url }, 'asker');
    requester = new NatsRequester(connection, '_INBOX_asker', 5);
    servers = [];
  });
  afterEach(async () => {
    await Promise.all([...servers.map((server) => server.close()), connection.close()]);
    await nats.stop();
  });

  const serve = (handler: Handler, { login = {}, drainMs = 30_000 }: { login?: object; drainMs?: number } = {}) => {
    const server = new NatsJsonServer({ ...natsOptions({ NATS_URL: nats.url, ...login }, 'server'), drainMs });
    server.addHandler('stage.sample.respond', handler, false, { queue: 'sample' });
    servers.push(server);
    return new Promise<NatsJsonServer>((resolve, reject) => {
      void server.listen((error) => (error ? reject(error as Error) : resolve(server)));
    });
  };
  const ask = async (body: string): Promise<unknown> =>
    JSON.parse(new TextDecoder().decode(await requester.request('stage.sample.respond', body, LONG)));

  it('takes and gives bare JSON', async () => {
    await serve(async (data) => ({ heard: data }));
    expect(await ask('{"a":[1,null,"ü"]}')).toEqual({ heard: { a: [1, null, 'ü'] } });
  });

  it.each(['', 'x', '{"a":', '\u0000'])('gives the handler a message that is no JSON as such: %j', async (body) => {
    await serve(async (data) => ({ malformed: data === MALFORMED_JSON }));
    expect(await ask(body)).toEqual({ malformed: true });
  });

  it('answers null for a handler that says nothing, so that nobody waits for it', async () => {
    await serve(async () => undefined);
    expect(await ask('{}')).toBeNull();
  });

  it('shares the work of a queue: each question is answered once', async () => {
    let handled = 0;
    const count = async () => ++handled;
    await Promise.all([serve(count), serve(count)]);
    await Promise.all(Array.from({ length: 50 }, () => ask('{}')));
    await connection.flush();
    expect(handled).toBe(50);
  });

  it('lets an open handler answer before it leaves, and takes nothing new', async () => {
    const [entered, finish] = [signal(), signal()];
    const server = await serve(async () => {
      entered.give();
      await finish.given;
      return 'answered';
    });
    const open = ask('{}');
    await entered.given;
    const leaving = server.close();
    // By the time that a round trip of the leaving connection is over, the bus knows that it leaves.
    await server.unwrap<NatsConnection>().flush();
    await expect(ask('{}')).rejects.toBeInstanceOf(NoRespondersError);
    finish.give();
    expect(await open).toBe('answered');
    await leaving;
  });

  it('is not kept from leaving by a handler that failed', async () => {
    const failed = signal();
    const server = await serve(async () => {
      failed.give();
      throw new Error('broken');
    });
    void ask('{}').catch(() => undefined);
    await failed.given;
    await expect(server.close()).resolves.toBeUndefined();
  });

  it('leaves a handler behind that does not end in time', async () => {
    const entered = signal();
    const server = await serve(
      () => {
        entered.give();
        return new Promise(() => undefined);
      },
      { drainMs: 1 },
    );
    void ask('{}').catch(() => undefined);
    await entered.given;
    await expect(server.close()).resolves.toBeUndefined();
  });

  it('can leave while the bus is gone', async () => {
    const server = await serve(async () => 'answered', { drainMs: 1 });
    await nats.stop();
    await expect(server.close()).resolves.toBeUndefined();
    // A connection that is still dialling would keep the process alive.
    expect(server.unwrap<NatsConnection>().isClosed()).toBe(true);
  });

  it('says so when the bus has come to refuse it, and waits for nothing more', async () => {
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

  it('does not live on deaf: a refused subscription fails the start', async () => {
    await nats.stop();
    const permissions = 'permissions: { subscribe: ["stage.other.* other", "_INBOX_server.>"] }';
    nats = await startNats({ config: `authorization { users: [{ user: server, password: s, ${permissions} }] }` });
    const started = serve(async () => 'answered', { login: { NATS_USER: 'server', NATS_PASSWORD: 's' } });
    await expect(started).rejects.toThrow('stage.sample.respond');
  });

  it('listens where its permissions name the very subject and queue', async () => {
    await nats.stop();
    const permissions =
      'permissions: { publish: { deny: ">" }, subscribe: ["stage.sample.* sample", "_INBOX_server.>"], allow_responses: { max: 1, expires: "30s" } }';
    const users = `{ user: server, password: s, ${permissions} }, { user: asker, password: s }`;
    nats = await startNats({ config: `authorization { users: [${users}] }` });
    await serve(async () => 'answered', { login: { NATS_USER: 'server', NATS_PASSWORD: 's' } });
    await connection.close();
    connection = await connectNats({ NATS_URL: nats.url, NATS_USER: 'asker', NATS_PASSWORD: 's' }, 'asker');
    requester = new NatsRequester(connection, '_INBOX_asker', 5);
    expect(await ask('{}')).toBe('answered');
  });
});

/** Something that one side waits for and the other side gives. */
function signal() {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}
