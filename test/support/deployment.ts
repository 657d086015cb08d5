import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Browser } from './browser.js';
import { type CommandOutput, type OperatorCommand, runCli, runCliOk } from './commands.js';
import {
  type DeploymentOptions,
  OTHER_STAGES,
  SERVICES,
  type Service,
  type StageService,
} from './deployment-options.js';
import { newSigningKeys } from './forward-auth.js';
import { type RunningNats, startNats } from './nats.js';
import { type RunningPgbouncer, startPgbouncerIf } from './pgbouncer.js';
import { type FreshDatabase, migratedDatabase } from './postgres.js';
import { type Environment, freePort, type RunningPart, type RunningProcess, startProcess } from './processes.js';
import { everyPartSays, partOf, startHosted } from './service-host.js';

export { SERVICES };

/** The database, the bus and the settings that all services of a deployment share. */
interface Infrastructure {
  nats: RunningNats;
  readonly database: FreshDatabase;
  /** Undefined if the services connect to Postgres directly. */
  readonly pgbouncer: RunningPgbouncer | undefined;
  readonly pool: pg.Pool;
  readonly environment: Environment;
  /** The seal keys, for processes that open sealed values. */
  sealing: Environment;
  readonly apart: NonNullable<DeploymentOptions['apart']>;
  readonly alone: readonly StageService[];
  readonly own: Readonly<Record<string, Environment>>;
}

const servesStages = (service: Service): service is StageService =>
  [...SERVICES, ...OTHER_STAGES].some((name) => name === service);

const newSealKeys = () => `test:${randomBytes(32).toString('base64')}`;

/** A gateway and some services of the built product, on their own nats-server and database. Tests use it by HTTP. */
export class Deployment {
  private readonly parts = new Map<string, RunningPart>();
  private readonly ended = new Map<string, RunningPart>();

  private constructor(
    readonly url: string,
    private readonly infrastructure: Infrastructure,
    private readonly gatewaySettings: Environment,
  ) {}

  static async open(options: DeploymentOptions): Promise<Deployment> {
    const { blueprints, services = SERVICES, gateway = {}, environment = {}, host = '127.0.0.1' } = options;
    const [database, nats, port] = await Promise.all([
      options.database ?? migratedDatabase(),
      startNats(),
      freePort().then(String),
    ]);
    const url = `http://${host}:${port}`;
    const settings = {
      PORT: port,
      BASE_URL: url,
      SECRET_KEY: randomBytes(32).toString('hex'),
      JWT_SIGNING_KEYS: newSigningKeys(),
      SHUTDOWN_DELAY_S: '0',
      // A busy test machine must not make the gateway refuse requests.
      ADMISSION_DELAY_MS: '0',
      // Tests change flows with devices that they have just set up.
      FLOW_CHANGE_DEVICE_AGE_S: '0',
      ...gateway,
    };
    const pool = new pg.Pool({ connectionString: database.url, max: 2 });
    // Dropping the database may end a connection that is still closing, which is an error of the pool.
    pool.on('error', () => undefined);
    const sealing = { SEAL_KEYS: newSealKeys(), MFA_SEAL_KEYS: newSealKeys() };
    const pgbouncer = await startPgbouncerIf(options.pgbouncer, database.url);
    const { apart = [], alone = [], own = {}, apiVersion: API_VERSION = '2024.8' } = options;
    const shared = { API_VERSION, ...environment };
    const infrastructure = { nats, database, pgbouncer, pool, environment: shared, sealing, apart, alone, own };
    const deployment = new Deployment(url, infrastructure, settings);
    for (const blueprint of blueprints) await deployment.apply(blueprint);
    await deployment.startAll(services);
    return deployment;
  }

  get nats(): RunningNats {
    return this.infrastructure.nats;
  }

  get databaseUrl(): string {
    return this.infrastructure.database.url;
  }

  /** Returns a visitor with its own cookies, whose browser sends `languages` if they are set. */
  browser(languages?: string): Browser {
    return new Browser(this.url, { languages });
  }

  /** Starts a service. With another `name`, the service runs beside its first instance. */
  async start(service: Service, name: string = service): Promise<void> {
    const env = { ...this.serviceEnvironment, ...this.sealingOf(service), ...this.infrastructure.own[name] };
    this.parts.set(name, await this.startPart(service, env));
  }

  async openGateway(): Promise<void> {
    this.parts.set('gateway', await this.startPart('gateway', this.gatewayEnvironment));
  }

  /** Starts another gateway on the same database and bus, with some settings of its own. Returns its address. */
  async openAnotherGateway(settings: Environment = {}): Promise<string> {
    const port = String(await freePort());
    const env = { ...this.gatewayEnvironment, ...settings, PORT: port };
    this.parts.set(`gateway-${port}`, await this.startPart('gateway', env));
    return `http://127.0.0.1:${port}`;
  }

  /**
   * Stops the parts one after the other, and starts each again with these seal keys, which commands use too. Name a stage
   * service only if the option `apart` or `alone` names it or `start` has started it: the others share one part.
   */
  async rollOut(sealing: Environment, names: readonly (Service | 'gateway')[]): Promise<void> {
    this.infrastructure.sealing = sealing;
    for (const name of names) {
      await this.stop(name);
      await (name === 'gateway' ? this.openGateway() : this.start(name));
    }
  }

  /** Stops the gateway or a service. A stage service must be in the option `apart` or `alone`. */
  async stop(name: Service | 'gateway'): Promise<void> {
    await this.part(name).stop();
    this.parts.delete(name);
  }

  /** The seal keys of all processes. */
  get sealing(): Environment {
    return this.infrastructure.sealing;
  }

  /** Returns the process id of a service that runs apart. */
  pidOf(name: string): number {
    return this.process(name).pid;
  }

  /** Ends a process, by SIGTERM by default. Returns its exit code. */
  async end(name: string, signal?: NodeJS.Signals): Promise<number | null> {
    const part = this.process(name);
    // A new instance may start under the same name before this instance has ended.
    this.parts.delete(name);
    this.ended.set(name, part);
    return part.stop(signal);
  }

  /** Stops the nats-server. Resolves when the gateway has noticed the loss of the connection. */
  async stopBus(): Promise<void> {
    const noticed = this.part('gateway').says(/bus_lost/);
    await this.infrastructure.nats.stop();
    await noticed;
  }

  /** Restarts the nats-server on the same port. Resolves when the gateway and every service have reconnected. */
  async startBus(): Promise<void> {
    const reconnected = everyPartSays(new Set(this.parts.values()), /bus_restored/);
    this.infrastructure.nats = await startNats({ port: Number(new URL(this.infrastructure.nats.url).port) });
    await reconnected;
  }

  /** Resolves when a service writes output that matches `pattern`. Earlier output does not count. */
  says(name: string, pattern: RegExp): Promise<void> {
    return this.part(name).says(pattern);
  }

  /** Returns all output of a service that runs, or has ended. Services in the service host share their output. */
  output(name: string): string {
    return (this.parts.get(name) ?? this.ended.get(name) ?? this.part(name)).output();
  }

  /** Applies a blueprint and returns the output of the command. Throws with its standard error. */
  async apply(blueprint: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-blueprint-'));
    try {
      const file = join(folder, 'blueprint.yaml');
      await writeFile(file, blueprint);
      return await this.applyFiles(file);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** Applies blueprint files, and all files in blueprint folders, with one command. */
  applyFiles(...paths: readonly string[]): Promise<string> {
    return this.command('blueprint', 'apply', ...paths);
  }

  /** Runs `npm run user` with `stdin` as standard input and returns its output. Throws with its standard error. */
  async user(args: readonly string[], stdin = ''): Promise<string> {
    const env = { ...this.environment, ...this.infrastructure.sealing, ...this.gatewaySettings };
    return (await runCliOk('user', args, { env, stdin })).trim();
  }

  /** Runs an operator command with all settings of the deployment. Returns its output, also if it fails. */
  operate(name: OperatorCommand, args: readonly string[], { env = {}, stdin = '' }): Promise<CommandOutput> {
    const own = { ...this.environment, ...this.infrastructure.sealing, ...this.gatewaySettings };
    return runCli(name, args, { env: { ...own, ...env }, stdin });
  }

  /** Queries the database, for state that no response shows. */
  async rows<R extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<R[]> {
    return (await this.infrastructure.pool.query<R>(sql, values)).rows;
  }

  async close(): Promise<void> {
    await Promise.all([...new Set(this.parts.values())].map((part) => part.stop()));
    await this.infrastructure.pgbouncer?.stop();
    await this.infrastructure.pool.end();
    await this.nats.stop();
    await this.infrastructure.database.drop();
  }

  private async startAll(services: readonly Service[]): Promise<void> {
    const { alone } = this.infrastructure;
    const together = services
      .filter(servesStages)
      .filter((service) => !this.isApart(service) && !alone.includes(service));
    const others = services.filter((service) => !together.some((name) => name === service));
    const stages = together.length > 0 ? [this.startStages(together)] : [];
    await Promise.all([...stages, this.openGateway(), ...others.map((service) => this.start(service))]);
  }

  private isApart(name: Service | 'gateway'): boolean {
    const { apart } = this.infrastructure;
    return apart === 'all' || apart.some((service) => service === name);
  }

  /** Starts the stages of several services in one microservice of the service host. */
  private async startStages(services: readonly StageService[]): Promise<void> {
    const env = { ...this.serviceEnvironment, ...this.infrastructure.sealing, ...this.gatewaySettings };
    const part = await startHosted({ part: 'stages', services, env });
    for (const name of services) this.parts.set(name, part);
  }

  private startPart(name: Service | 'gateway', env: Environment): Promise<RunningPart> {
    if (this.isApart(name)) return startProcess(`dist/apps/${name}/src/main.js`, env, { ready: /serving/ });
    return startHosted({ part: partOf(name), services: [name], env });
  }

  private process(name: string): RunningProcess {
    const part = this.part(name);
    if (!('pid' in part)) throw new Error(`${name} is not a process of its own: name it in \`apart\``);
    return part as RunningProcess;
  }

  private part(name: string): RunningPart {
    const part = this.parts.get(name);
    if (!part) throw new Error(`${name} is not running`);
    return part;
  }

  /** Returns the seal keys that a service has in production. */
  private sealingOf(service: Service | 'gateway'): Environment {
    const { SEAL_KEYS = '', MFA_SEAL_KEYS = '' } = this.infrastructure.sealing;
    if (service === 'mfa') return { MFA_SEAL_KEYS };
    return ['blueprints', 'courier', 'gateway'].includes(service) ? { SEAL_KEYS } : {};
  }

  private get gatewayEnvironment(): Environment {
    return { ...this.serviceEnvironment, ...this.sealingOf('gateway'), ...this.gatewaySettings };
  }

  /** Runs an operator command with the keys of the deployment, and returns its output. */
  command(name: 'blueprint' | 'database' | 'flow' | 'keys' | 'migrate', ...args: string[]): Promise<string> {
    return runCliOk(name, args, { env: { ...this.environment, ...this.infrastructure.sealing } });
  }

  /** Settings of the services, which connect through PgBouncer if it runs. Commands connect to Postgres directly. */
  private get serviceEnvironment(): Environment {
    const { pgbouncer } = this.infrastructure;
    return { ...this.environment, ...(pgbouncer ? { DATABASE_URL: pgbouncer.url } : {}) };
  }

  private get environment(): Environment {
    return {
      DATABASE_URL: this.infrastructure.database.url,
      NATS_URL: this.nats.url,
      UV_THREADPOOL_SIZE: '4',
      // So long that a busy test machine refuses no password.
      PASSWORD_WAIT_MS: '9000',
      // The start of Python takes most of the CPU time of an expression in a test.
      POLICY_PYTHON_SPARES: '0',
      // Tests wait for single lines, and a quick machine refuses more than 50 attempts in a second.
      LOG_SECURITY_RATE: '100000',
      ...this.infrastructure.environment,
    };
  }
}
