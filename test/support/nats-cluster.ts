import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import { freePort } from './free-port.js';
import { type NatsServerOptions, type RunningNats, startNatsServer } from './nats-server.js';

const PASSWORD = 'cluster-of-a-test';

/** The servers of a NATS cluster on the loopback interface, with the configuration in deploy/nats. */
export class NatsCluster {
  readonly #running = new Map<number, RunningNats>();
  readonly #connections: NatsConnection[] = [];

  private constructor(
    private readonly program: string,
    private readonly folder: string,
    private readonly options: readonly NatsServerOptions[],
  ) {}

  /** Starts `size` servers, to which the nkeys in `env` have access. */
  static async open(program: string, env: Readonly<Record<string, string>>, size = 3): Promise<NatsCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nats-cluster-'));
    const [config, single] = await Promise.all(
      ['cluster.conf', 'nats.conf'].map((name) => readFile(`deploy/nats/${name}`, 'utf8')),
    );
    const ports = await Promise.all(Array.from({ length: 2 * size }, () => freePort()));
    const routePorts = ports.slice(size);
    const NATS_ROUTES = JSON.stringify(routePorts.map((port) => `nats://cluster:${PASSWORD}@127.0.0.1:${port}`));
    const options = routePorts.map((routePort, i) => ({
      config: config!.replace('0.0.0.0:6222', `127.0.0.1:${routePort}`),
      files: { 'nats.conf': single! },
      env: { ...env, NATS_SERVER_NAME: `nats-${i}`, NATS_CLUSTER_PASSWORD: PASSWORD, NATS_ROUTES },
      port: ports[i]!,
      folder: join(folder, String(i)),
    }));
    for (const { folder: own } of options) await mkdir(own);
    const cluster = new NatsCluster(program, folder, options);
    await Promise.all(options.map((_, i) => cluster.start(i)));
    for (let i = 0; i < size; i++) await healthy(cluster.server(i));
    while (!(await cluster.hasAllPeers())) await pause(50);
    return cluster;
  }

  /** Addresses of all servers, as in `NATS_URL`. */
  get url(): string {
    return this.options.map(({ port }) => `nats://127.0.0.1:${port}`).join(',');
  }

  get size(): number {
    return this.options.length;
  }

  /** Returns the settings of server `i`, for a server that replaces or joins it. */
  optionsOf(i: number): NatsServerOptions {
    return this.options[i]!;
  }

  server(i: number): RunningNats {
    return this.#running.get(i)!;
  }

  /** Starts server `i` with the data that it had. */
  async start(i: number): Promise<void> {
    this.#running.set(i, await startNatsServer(this.program, this.options[i]));
  }

  /**
   * Connects as the NATS user of a service or of the operator, to server `i` only or else to any. `close` ends the
   * connection.
   */
  async connectAs(user: string, i?: number): Promise<NatsConnection> {
    const seed = this.options[0]!.env?.[`NATS_NKEY_SEED_${user.toUpperCase()}`];
    const connection = await connect({
      servers: i === undefined ? this.url.split(',') : this.server(i).url,
      authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
      inboxPrefix: `_INBOX_${user}`,
      ignoreClusterUpdates: i !== undefined,
      noAsyncTraces: true,
    });
    this.#connections.push(connection);
    return connection;
  }

  /** Whether the leader of JetStream knows every other server, so that it can place replicas of a stream there. */
  private async hasAllPeers(): Promise<boolean> {
    const states = await Promise.all([...this.#running.values()].map(jetStreamState));
    const known = states.flatMap(({ meta_cluster: { replicas = [] } = {} }) => replicas).filter(isReady);
    return known.length === this.size - 1;
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await Promise.all([...this.#running.values()].map((server) => server.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Resolves when a server and its JetStream are ready. Without a leader of the cluster, JetStream refuses a stream. */
async function healthy({ monitoringUrl }: RunningNats): Promise<void> {
  while (!(await fetch(`${monitoringUrl}/healthz`)).ok) await pause(50);
}

/** A server as the leader of JetStream knows it. */
interface Replica {
  readonly current: boolean;
  readonly offline?: boolean;
}

const isReady = ({ current, offline = false }: Replica) => current && !offline;

/** Returns the state of JetStream at a server. Only the leader lists the other servers. */
async function jetStreamState({ monitoringUrl }: RunningNats) {
  const response = await fetch(`${monitoringUrl}/jsz`);
  return (await response.json()) as { readonly meta_cluster?: { readonly replicas?: readonly Replica[] } };
}
