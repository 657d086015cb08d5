import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { isConnectionLost, Logger, openDataSource, Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LIFETIMES, PlanStoreHarness } from '../testing/plan-store-harness.js';
import { PostgresPlanStore } from './postgres-plan-store.js';

/** A TCP relay between a pool and Postgres. It can close a connection instead of forwarding a statement or a reply. */
class Relay {
  /** What the relay drops, once. If `closing` is set, it accepts no new connections afterwards. */
  losing: 'nothing' | 'statement' | 'reply' = 'nothing';
  closing = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async open(target: string): Promise<Relay> {
    const url = new URL(target);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const own = new URL(target);
    own.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const relay = new Relay(server, own.href);
    server.on('connection', (client) => relay.join(client, connect(Number(url.port), url.hostname)));
    return relay;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private join(client: Socket, postgres: Socket): void {
    for (const socket of [client, postgres]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('data', (chunk) => (this.loses('statement') ? this.lose(client, postgres) : postgres.write(chunk)));
    postgres.on('data', (chunk) => (this.loses('reply') ? this.lose(client, postgres) : client.write(chunk)));
    client.once('close', () => postgres.destroy());
    postgres.once('close', () => client.destroy());
  }

  private loses(what: Relay['losing']): boolean {
    return this.losing === what;
  }

  private lose(client: Socket, postgres: Socket): void {
    this.losing = 'nothing';
    if (this.closing) this.server.close();
    client.destroy();
    postgres.destroy();
  }
}

describe('a save whose connection is lost', () => {
  let store: PlanStoreHarness;
  let relay: Relay;
  let source: DataSource;

  beforeAll(async () => {
    store = await PlanStoreHarness.open();
  });
  afterAll(() => store.close());
  beforeEach(async () => {
    await store.nextFlow();
    relay = await Relay.open(store.url);
    source = await openDataSource({ url: relay.url, schema: FLOW_SCHEMA, poolSize: 1 });
  });
  afterEach(async () => {
    await source.destroy();
    relay.close();
  });

  /** Saves a plan while the relay closes the connection instead of forwarding the statement or its reply. */
  async function save(losing: Relay['losing'], newKey: Buffer | undefined, saveCheckS = 5): Promise<boolean> {
    const settings = { lifetimes: LIFETIMES, attributes: false, saveCheckS, logger: new Logger('silent') };
    const plans = new PostgresPlanStore(source, new Sealer(`a:${randomBytes(32).toString('base64')}`), settings);
    const commit = store.commitOf(await store.begin(), { newKey });
    relay.losing = losing;
    return plans.save(commit);
  }
  const isStored = (key: Buffer) => store.count('SELECT FROM flow.session_keys WHERE hash = $1', key);

  it('counts as saved if Postgres has committed it, so that the visitor gets the new session key', async () => {
    const key = randomBytes(32);
    expect(await save('reply', key)).toBe(true);
    expect(await isStored(key)).toBe(1);
  });

  it('fails if Postgres has not committed it', async () => {
    const key = randomBytes(32);
    await expect(save('statement', key)).rejects.toSatisfy(isConnectionLost);
    expect(await isStored(key)).toBe(0);
  });

  it('fails if Postgres is not reachable again in time', async () => {
    relay.closing = true;
    await expect(save('reply', randomBytes(32), 0.3)).rejects.toSatisfy(isConnectionLost);
  });

  it('fails if it has no new session key, because the visitor can continue with the old one', async () => {
    await expect(save('reply', undefined)).rejects.toSatisfy(isConnectionLost);
  });
});
