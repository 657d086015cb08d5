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
      env: { ...env, NATS_SERVER_NAME: nameOf(i), NATS_CLUSTER_PASSWORD: PASSWORD, NATS_ROUTES },
      port: ports[i]!,
      folder: join(folder, String(i)),
    }));
    for (const { folder: own } of options) await mkdir(own);
    const cluster = new NatsCluster(program, folder, options);
    for (let i = 0; i < size; i++) await cluster.start(i);
    await cluster.formJetStream();
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

  /** Returns the index of a running server that does not lead JetStream. */
  async follower(): Promise<number> {
    const { leader } = await this.leaderWhen(() => true);
    return [...this.#running.keys()].find((i) => nameOf(i) !== leader)!;
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

  /**
   * Resolves when the leader of JetStream knows every other server, so that it can place replicas of a stream there. At
   * the first start of a cluster, nats-server 2.10 sometimes assumes fewer servers than there are, and never adds the
   * missing server. Restarts that server, as operators would do.
   */
  private async formJetStream(): Promise<void> {
    const hasAll = ({ replicas }: Leader) => replicas.filter(isReady).length === this.size - 1;
    const { leader, replicas } = await this.leaderWhen((state) => hasAll(state) || state.cluster_size < this.size);
    const members = [leader, ...replicas.map(({ name }) => name)];
    for (const i of [...this.#running.keys()].filter((server) => !members.includes(nameOf(server)))) {
      await this.server(i).stop('SIGTERM');
      await this.start(i);
    }
    await this.leaderWhen(hasAll);
  }

  /** Waits until JetStream has a leader whose state fulfils the condition, and returns this state. */
  private async leaderWhen(condition: (leader: Leader) => boolean): Promise<Leader> {
    for (;;) {
      const states = await Promise.all([...this.#running.values()].map(jetStreamState));
      const found = states.find((state): state is Leader => isLeader(state) && condition(state));
      if (found) return found;
      await pause(50);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await Promise.all([...this.#running.values()].map((server) => server.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A server as the leader of JetStream knows it. */
interface Replica {
  readonly name: string;
  readonly current: boolean;
  readonly offline?: boolean;
}

/** What the leader of JetStream knows about its cluster. */
interface Leader {
  /** Name of the leader. */
  readonly leader: string;
  readonly cluster_size: number;
  readonly replicas: readonly Replica[];
}

const isLeader = (state: Partial<Leader> | undefined): state is Leader => state?.replicas !== undefined;

const nameOf = (i: number) => `nats-${i}`;

const isReady = ({ current, offline = false }: Replica) => current && !offline;

/** Returns what a server knows about its cluster. Only the leader lists the other servers. */
async function jetStreamState({ monitoringUrl }: RunningNats): Promise<Partial<Leader> | undefined> {
  const response = await fetch(`${monitoringUrl}/jsz`);
  return ((await response.json()) as { readonly meta_cluster?: Partial<Leader> }).meta_cluster;
}
