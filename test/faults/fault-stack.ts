import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { dialNats } from '../../libs/platform/src/nats-dial.js';
import { freshEnvironment } from '../deploy/env-file.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { runCliOk } from '../support/commands.js';
import { NatsCluster } from '../support/nats-cluster.js';
import { onServer } from '../support/postgres-databases.js';
import { type Environment, freePort, type RunningProcess, startProcess } from '../support/processes.js';
import { type RunningProxy, startProxy } from './haproxy.js';
import type { PostgresPair } from './postgres-pair.js';
import { ProxiedPostgres } from './proxied-postgres.js';

/** The services that a login needs. Each runs twice. */
const SERVICES = ['identification', 'password', 'session'] as const;
const REPLICAS = [1, 2] as const;
type Service = (typeof SERVICES)[number] | 'gateway' | 'courier';
/**
 * The processes that `connectToNats` connects to the given NATS server. All other processes are connected to another
 * server.
 */
type Group = 'all processes' | 'the gateways' | 'the services';

/** Number of characters at the end of the output of each process that are saved when a drill fails. */
const OUTPUT_LENGTH = 100_000;

/** Name of the stream of events. */
const STREAM = 'events';

export interface StackOptions {
  /** Names of the users who can log in by the flow `login`. */
  readonly users: readonly string[];
  /** Additional settings of the password service. */
  readonly password?: Environment;
}

interface Infrastructure {
  readonly env: Environment;
  readonly folder: string;
  readonly nats: NatsCluster;
  readonly database: ProxiedPostgres;
  readonly gatewayPorts: readonly [number, number];
  readonly monitoringPorts: readonly [number, number];
  readonly password: Environment;
}

/**
 * Gatehouse as processes: three NATS servers, a Postgres primary with a synchronous standby behind a proxy and PgBouncer,
 * two gateways behind another proxy, two of each service that a login needs, and a courier.
 */
export class FaultStack {
  readonly #parts = new Map<string, RunningProcess>();
  readonly #started: [name: string, process: RunningProcess][] = [];
  #proxy: RunningProxy | undefined;

  private constructor(
    /** Address of the proxy in front of the gateways. */
    readonly url: string,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Starts all servers and processes. Finds nats-server and Postgres by the variables NATS_SERVER and POSTGRES_BIN, and
   * the other programs in PATH.
   */
  static async open({ users, password = {} }: StackOptions): Promise<FaultStack> {
    const env = await freshEnvironment();
    const [nats, database, folder] = await Promise.all([
      NatsCluster.open(process.env['NATS_SERVER'] ?? '', env),
      ProxiedPostgres.open(),
      mkdtemp(join(tmpdir(), 'gatehouse-faults-')),
    ]);
    const ports = await Promise.all(Array.from({ length: 5 }, () => freePort()));
    const [port, first, second, third, fourth] = ports as [number, number, number, number, number];
    const stack = new FaultStack(`http://127.0.0.1:${port}`, {
      ...{ env, folder, nats, database },
      ...{ gatewayPorts: [first, second], monitoringPorts: [third, fourth], password },
    });
    await stack.#prepareDatabase(users);
    await runCliOk('events', ['stream'], { env: { ...stack.#operator, EVENTS_STREAM: STREAM, EVENTS_REPLICAS: '3' } });
    await database.startProxies();
    const services = SERVICES.flatMap((service) => REPLICAS.map((replica) => stack.start(service, replica)));
    const gateways = REPLICAS.map((replica) => stack.start('gateway', replica));
    await Promise.all([...services, ...gateways, stack.start('courier', 1)]);
    await stack.#startGatewayProxy(port);
    return stack;
  }

  get nats(): NatsCluster {
    return this.infrastructure.nats;
  }

  get database(): ProxiedPostgres {
    return this.infrastructure.database;
  }

  /** The servers of the database. */
  get postgres(): PostgresPair {
    return this.infrastructure.database.pair;
  }

  /** Returns a secret or another setting of the deployment. */
  setting(name: string): string {
    return this.infrastructure.env[name] ?? '';
  }

  browser(): Browser {
    return new Browser(this.url);
  }

  /** Returns a browser in which the user is logged in. */
  async logIn(username: string): Promise<Browser> {
    const browser = this.browser();
    await browser.show('login');
    await browser.solve('login', { component: 'ak-stage-identification', uid_field: username });
    await browser.solve('login', { component: 'ak-stage-password', password: 'correct-horse-7' });
    return browser;
  }

  /** Starts a replica of a service. There are two gateways at most. */
  async start(service: Service, replica: number, settings: Environment = {}): Promise<void> {
    const { env, nats, database, gatewayPorts, monitoringPorts, folder, password } = this.infrastructure;
    const databasePassword = env[`DATABASE_PASSWORD_${service.toUpperCase()}`] ?? '';
    const common = {
      NATS_URL: nats.url,
      NATS_NKEY_SEED: env[`NATS_NKEY_SEED_${service.toUpperCase()}`] ?? '',
      ...(service === 'session' ? {} : { DATABASE_URL: database.url(`gatehouse_${service}`, databasePassword) }),
      UV_THREADPOOL_SIZE: '4',
    };
    const { SEAL_KEYS = '', SECRET_KEY = '', PSEUDONYM_KEY = '' } = env;
    const gateway = {
      ...{ SEAL_KEYS, SECRET_KEY, PSEUDONYM_KEY, BASE_URL: this.url, TRUSTED_PROXIES: '127.0.0.1' },
      ...{ PORT: String(gatewayPorts[replica - 1]), MONITORING_PORT: String(monitoringPorts[replica - 1]) },
      ...{ NETWORK_ATTEMPTS_FREE: '1000000', ANONYMOUS_RATE: '0', NEW_SESSION_RATE: '0', GATEHOUSE_DIR: folder },
      // Switched off like the limits above: the drills count requests that fail by a fault, not by a busy machine.
      ADMISSION_DELAY_MS: '0',
    };
    const courier = { SEAL_KEYS, EVENTS_STREAM: STREAM };
    const own: Partial<Record<Service, Environment>> = { gateway, courier, password };
    const all = { ...common, ...own[service], ...settings };
    const process = await startProcess(`dist/apps/${service}/src/main.js`, all, { ready: /"serving"/ });
    this.#parts.set(`${service} ${replica}`, process);
    this.#started.push([`${service} ${replica}`, process]);
  }

  /** Ends one replica of a service: at once by SIGKILL, or after its open requests by SIGTERM. */
  async end(service: Service, replica: number, signal: NodeJS.Signals): Promise<void> {
    await this.#parts.get(`${service} ${replica}`)?.stop(signal);
    this.#parts.delete(`${service} ${replica}`);
  }

  /** Connects the processes of `group` to NATS server `i`, and all others to the next server. */
  async connectToNats(i: number, group: Group): Promise<void> {
    const next = (i + 1) % this.nats.size;
    await this.#gatherAt(group === 'the gateways' ? next : i);
    if (group === 'all processes') return;
    const { url } = this.nats.server(group === 'the gateways' ? i : next);
    await Promise.all(REPLICAS.map((replica) => this.end('gateway', replica, 'SIGKILL')));
    // A process learns the addresses of the other NATS servers from the server that it is connected to.
    await Promise.all(REPLICAS.map((replica) => this.start('gateway', replica, { NATS_URL: url })));
    await this.#ready();
  }

  /** Makes every process connect to one NATS server, by stopping the other servers for a moment. */
  async #gatherAt(i: number): Promise<void> {
    const others = Array.from({ length: this.nats.size }, (_, j) => j).filter((j) => j !== i);
    await Promise.all(others.map((j) => this.nats.server(j).stop()));
    while ((await connections(this.nats.server(i).monitoringUrl)) < this.#parts.size) await pause(100);
    await Promise.all(others.map((j) => this.nats.start(j)));
  }

  /** Resolves when the outbox has no event. */
  async outboxEmpty(): Promise<void> {
    const events = `SELECT FROM flow.outbox WHERE topic LIKE 'events.%'`;
    await onServer(this.postgres.primaryUrl, async (client) => {
      while ((await client.query(events)).rowCount !== 0) await pause(200);
    });
  }

  /** Returns the number of events in the stream. */
  async storedEvents(): Promise<number> {
    const bus = await dialNats(this.#operator, 'operator');
    const reply = await bus.request(`$JS.API.STREAM.INFO.${STREAM}`, '', 5000);
    await bus.close();
    return (JSON.parse(new TextDecoder().decode(reply)) as { state: { messages: number } }).state.messages;
  }

  /** Returns the end of the output of every process, also of those that have ended, to find out why a drill has failed. */
  output(): string {
    return this.#started.map(([name, process]) => `== ${name}\n${process.output().slice(-OUTPUT_LENGTH)}`).join('\n');
  }

  async close(): Promise<void> {
    await Promise.all([...this.#parts.values()].map((process) => process.stop('SIGKILL')));
    await Promise.all([this.#proxy?.stop(), this.nats.close(), this.database.close()]);
    await rm(this.infrastructure.folder, { recursive: true, force: true });
  }

  /** NATS settings for the commands of the operator. */
  get #operator() {
    return { NATS_URL: this.nats.url, NATS_NKEY_SEED: this.setting('NATS_NKEY_SEED_OPERATOR') };
  }

  async #prepareDatabase(users: readonly string[]): Promise<void> {
    const { env, folder } = this.infrastructure;
    const database = { ...env, DATABASE_URL: this.postgres.url('one') };
    await runCliOk('migrate', [], { env: database });
    await runCliOk('roles', [], { env: database });
    const file = join(folder, 'blueprint.yaml');
    const entries = users.map((user) => userEntry(user));
    await writeFile(file, blueprint(entries, flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN])));
    await runCliOk('blueprint', ['apply', file], { env: database });
  }

  /** Resolves when the proxy forwards to a gateway that is ready. */
  async #ready(): Promise<void> {
    const isReady = () =>
      fetch(`${this.url}/-/health/ready/`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await isReady())) await pause(50);
  }

  async #startGatewayProxy(port: number): Promise<void> {
    const { gatewayPorts, monitoringPorts } = this.infrastructure;
    const servers = gatewayPorts.map(
      (own, i) => `server gateway-${i + 1} 127.0.0.1:${own} check port ${monitoringPorts[i]} inter 1s fall 2 rise 1`,
    );
    this.#proxy = await startProxy(gatewayProxy(port, servers), {});
    await this.#ready();
  }
}

/** Returns the number of clients of a NATS server. */
async function connections(monitoringUrl: string): Promise<number> {
  const { num_connections: count } = (await (await fetch(`${monitoringUrl}/connz`)).json()) as {
    num_connections: number;
  };
  return count;
}

/** The configuration of a proxy in front of the gateways. docs/how-to/high-availability.md explains it. */
const gatewayProxy = (port: number, servers: readonly string[]) => `
global
  log stderr format raw local0 notice
defaults
  mode http
  log global
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout check 5s
  option http-server-close
  option forwardfor
  retries 3
  option redispatch 1
  retry-on conn-failure
listen gateways
  bind 127.0.0.1:${port}
  balance leastconn
  option httpchk GET /-/health/ready/
  http-check expect status 200
  ${servers.join('\n  ')}
`;
