import dns from 'node:dns';
import { type NatsConnection, nkeys, type Status } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { scrape } from '../../../test/support/metrics.js';
import { describeWithNats, type RunningNats, startNats } from '../../../test/support/nats.js';
import { ConfigError } from './config.js';
import { connectNats, natsAddress, natsOptions } from './nats-connection.js';
import { NatsJsonServer } from './nats-json-server.js';
import { NatsPublisher } from './nats-publisher.js';
import { NatsRequester } from './nats-requester.js';

const seedOf = (pair: ReturnType<typeof nkeys.createUser>) => new TextDecoder().decode(pair.getSeed());

describeWithNats('a connection to NATS', () => {
  let connection: NatsConnection | undefined;
  let servers: RunningNats[] = [];

  // The tests cause failures on purpose, so their log lines are discarded.
  beforeAll(() => Logger.overrideLogger(false));
  afterEach(async () => {
    vi.restoreAllMocks();
    await connection?.close();
    await Promise.all(servers.map((server) => server.stop()));
    [connection, servers] = [undefined, []];
  });

  const start = async (count: number, config = '') => {
    servers = await Promise.all(Array.from({ length: count }, () => startNats({ config })));
    return servers.map(({ url }) => url).join(',');
  };

  async function statusOf(type: Status['type']): Promise<void> {
    for await (const status of connection!.status()) if (status.type === type) return;
  }

  it('logs in with an nkey, of which the server knows only the public key', async () => {
    const pair = nkeys.createUser();
    const NATS_URL = await start(1, `authorization { users: [{ nkey: ${pair.getPublicKey()} }] }`);
    connection = await connectNats({ NATS_URL, NATS_NKEY_SEED: seedOf(pair) }, 'client');
    await expect(connection.flush()).resolves.toBeUndefined();
    const other = connectNats({ NATS_URL, NATS_NKEY_SEED: seedOf(nkeys.createUser()) }, 'other');
    await expect(other).rejects.toThrow(/Authorization Violation/);
  });

  it.each([
    ['a password besides the nkey', { NATS_NKEY_SEED: seedOf(nkeys.createUser()), NATS_USER: 'gateway' }, /both set/],
    ['a seed that is cut off', { NATS_NKEY_SEED: seedOf(nkeys.createUser()).slice(0, -1) }, /not the seed of an nkey/],
    ['a public key', { NATS_NKEY_SEED: nkeys.createUser().getPublicKey() }, /not the seed of an nkey/],
  ])('is not configured with %s, and the error does not repeat it', (_, settings, message) => {
    const options = () => natsOptions({ NATS_URL: 'nats://127.0.0.1:1', ...settings }, 'client');
    expect(options).toThrow(ConfigError);
    expect(options).toThrow(message);
    expect(options).not.toThrow(settings.NATS_NKEY_SEED);
  });

  it.each([
    ['nats://u:2@3@a,tls://u:4/5@b', ['a', 'b']],
    ['nats://u:1@a,v:2@b', ['a', 'b']],
    ['nats://u:p@a:4222,nats://u:p@b:4222,c', ['a:4222', 'b:4222', 'c']],
    ['a,b:4222,nats://[::1]:4222', ['a', 'b:4222', 'nats://[::1]:4222']],
  ])('ignores users and passwords in NATS_URL %j', (NATS_URL, servers) => {
    expect(natsOptions({ NATS_URL }, 'client').servers).toEqual(servers);
    expect(natsAddress({ NATS_URL })).toBe(servers.join(', '));
  });

  it('reaches its server if NATS_URL has a password that begins with digits', async () => {
    const NATS_URL = (await start(1)).replace('nats://', 'nats://u:12@'); // not-a-secret
    connection = await connectNats({ NATS_URL }, 'client');
    await expect(connection.flush()).resolves.toBeUndefined();
  });

  it('moves to another server when its server hangs', async () => {
    const NATS_URL = await start(2);
    // This time limit is long: the test ends in time only if the client does not try the hung server first.
    const settings = { NATS_URL, NATS_PING_INTERVAL_MS: 100, NATS_CONNECT_TIMEOUT_MS: 60_000 };
    connection = await connectNats(settings, 'client');
    const first = connection.getServer();
    const moved = statusOf('reconnect');
    const reconnects = () => scrape('gatehouse_nats_reconnects_total');
    const before = (await reconnects())!;
    await servers.find(({ url }) => url === `nats://${first}`)!.hang();
    await moved;
    expect(connection.getServer()).not.toBe(first);
    await expect(connection.flush()).resolves.toBeUndefined();
    expect(await reconnects()).toBe(before + 1);
  });

  it('is opened to the next server when a server accepts it and then hangs', async () => {
    const NATS_URL = await start(2);
    await servers[0]!.hang();
    // The order in which a client tries the servers is random, so only some of these connections would try the hung
    // server first.
    for (let i = 0; i < 6; i++) {
      connection = await connectNats({ NATS_URL, NATS_CONNECT_TIMEOUT_MS: 500 }, 'client');
      expect(`nats://${connection.getServer()}`).toBe(servers[1]!.url);
      await connection.close();
    }
  });

  const CLIENTS: Record<string, (NATS_URL: string) => Promise<{ close(): Promise<void> }>> = {
    requester: async (NATS_URL) => {
      connection = await connectNats({ NATS_URL }, 'client');
      const requester = new NatsRequester(connection, '_INBOX_client');
      return { close: () => requester.close(50) };
    },
    publisher: async (NATS_URL) => {
      connection = await connectNats({ NATS_URL }, 'client');
      return new NatsPublisher(connection, { timeoutMs: 50, stream: undefined });
    },
    server: async (NATS_URL) => {
      const server = new NatsJsonServer(natsOptions({ NATS_URL }, 'client'), { drainMs: 50 });
      server.addHandler('stage.sample.respond', async () => 'answered', false, { queue: 'sample' });
      await new Promise<unknown>((resolve) => void server.listen(resolve));
      connection = server.unwrap<NatsConnection>();
      return server;
    },
  };

  it.each(Object.keys(CLIENTS))(
    'of a %s closes in time when DNS no longer resolves the name of its server',
    async (name) => {
      const NATS_URL = (await start(1)).replace('127.0.0.1', 'nats.example.org');
      const addresses = [{ address: '127.0.0.1', family: 4 }];
      const lookup = vi.spyOn(dns, 'lookup').mockImplementation(answering(null, addresses));
      const client = await CLIENTS[name]!(NATS_URL);
      lookup.mockImplementation(answering(new Error('not found'), []));
      const lost = statusOf('disconnect');
      await servers[0]!.stop();
      await lost;
      await client.close();
      expect(connection!.isClosed()).toBe(true);
    },
  );
});

type Lookup = (error: Error | null, addresses: { readonly address: string; readonly family: number }[]) => void;

/** Returns a DNS lookup that returns the same answer for every name. */
const answering = (...answer: Parameters<Lookup>) =>
  ((_name: string, _options: object, callback: Lookup) => callback(...answer)) as unknown as typeof dns.lookup;
