import { type NatsConnection, nkeys, type Status } from '@nats-io/transport-node';
import { afterEach, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../../../test/support/nats.js';
import { ConfigError } from './config.js';
import { connectNats, natsOptions } from './nats-connection.js';

const seedOf = (pair: ReturnType<typeof nkeys.createUser>) => new TextDecoder().decode(pair.getSeed());

describeWithNats('a connection to NATS', () => {
  let connection: NatsConnection | undefined;
  let servers: RunningNats[] = [];

  afterEach(async () => {
    await connection?.close();
    await Promise.all(servers.map((server) => server.stop()));
    [connection, servers] = [undefined, []];
  });

  const start = async (count: number, config = '') => {
    servers = await Promise.all(Array.from({ length: count }, () => startNats({ config })));
    return servers.map(({ url }) => url).join(',');
  };

  /** Stops the process of a server without closing its connections. */
  const hang = (url: string) => process.kill(servers.find((server) => server.url === url)!.pid, 'SIGSTOP');

  async function statusOf(type: Status['type']): Promise<void> {
    for await (const status of connection!.status()) if (status.type === type) return;
  }

  it('logs in with an nkey, of which the server has only the public part', async () => {
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
  ])('refuses %s, without repeating it', (_, settings, message) => {
    const options = () => natsOptions({ NATS_URL: 'nats://127.0.0.1:1', ...settings }, 'client');
    expect(options).toThrow(ConfigError);
    expect(options).toThrow(message);
    expect(options).not.toThrow(settings.NATS_NKEY_SEED);
  });

  it('moves to another server when its own hangs', async () => {
    const NATS_URL = await start(2);
    // With this time limit, the test ends in time only if the client does not try the hung server again first.
    const settings = { NATS_URL, NATS_PING_INTERVAL_MS: 100, NATS_CONNECT_TIMEOUT_MS: 60_000 };
    connection = await connectNats(settings, 'client');
    const first = connection.getServer();
    const moved = statusOf('reconnect');
    hang(`nats://${first}`);
    await moved;
    expect(connection.getServer()).not.toBe(first);
    await expect(connection.flush()).resolves.toBeUndefined();
  });

  it('tries the next server when one accepts the connection and then hangs', async () => {
    const NATS_URL = await start(2);
    hang(servers[0]!.url);
    // The order of the servers is random: only some of these connections try the hung server first.
    for (let i = 0; i < 8; i++) {
      connection = await connectNats({ NATS_URL, NATS_CONNECT_TIMEOUT_MS: 100 }, 'client');
      expect(`nats://${connection.getServer()}`).toBe(servers[1]!.url);
      await connection.close();
    }
  });
});
