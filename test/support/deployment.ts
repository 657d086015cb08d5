import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { Browser } from './browser.js';
import { type RunningNats, startNats } from './nats.js';
import { type FreshDatabase, migratedDatabase } from './postgres.js';
import { freePort, type RunningProcess, startProcess } from './processes.js';

const run = promisify(execFile);

/** Those that every login needs. */
export const SERVICES = ['identification', 'password', 'session'] as const;
/** Those that serve stages beside them. */
const OTHER_STAGES = ['captcha', 'consent', 'enrollment', 'mfa'] as const;
type StageService = (typeof SERVICES)[number] | (typeof OTHER_STAGES)[number];
type Service = StageService | 'courier' | 'policy';
type Environment = Readonly<Record<string, string>>;

interface DeploymentOptions {
  /** Blueprints to apply before it opens. */
  readonly blueprints: readonly string[];
  readonly services?: readonly Service[];
  /** Settings of the gateway beyond what it cannot do without. */
  readonly gateway?: Environment;
  /** Settings of every process. */
  readonly environment?: Environment;
  /** Whether every service is a process of its own, for tests that end or watch one; else stages share the gateway's. */
  readonly apart?: boolean;
  /** What visitors call it; passkeys want a name. */
  readonly host?: string;
  /** Where its schemas go; a database of the run's Postgres unless told otherwise. */
  readonly database?: FreshDatabase;
}

/** What the processes stand on. */
interface Infrastructure {
  bus: RunningNats;
  readonly database: FreshDatabase;
  readonly pool: pg.Pool;
  readonly environment: Environment;
  /** Settings of whoever opens what is sealed. */
  readonly sealing: Environment;
}

const servesStages = (service: Service): service is StageService =>
  [...SERVICES, ...OTHER_STAGES].some((name) => name === service);

const newSealKeys = () => `test:${randomBytes(32).toString('base64')}`;

/** The whole product over a real nats-server and a database of its own: in processes of its own, from outside. */
export class Deployment {
  private readonly processes = new Map<string, RunningProcess>();

  private constructor(
    readonly url: string,
    private readonly ground: Infrastructure,
    private readonly gatewaySettings: Environment,
  ) {}

  static async open(plan: DeploymentOptions): Promise<Deployment> {
    const { blueprints, services = SERVICES, gateway = {}, environment = {}, host = '127.0.0.1' } = plan;
    const database = plan.database ?? (await migratedDatabase());
    const bus = await startNats();
    const port = String(await freePort());
    const url = `http://${host}:${port}`;
    const [SEAL_KEYS, MFA_SEAL_KEYS] = [newSealKeys(), newSealKeys()];
    const sealing = { SEAL_KEYS, MFA_SEAL_KEYS };
    const secrets = { SEAL_KEYS, SECRET_KEY: randomBytes(32).toString('hex') };
    const settings = { PORT: port, BASE_URL: url, ...secrets, ...gateway };
    const pool = new pg.Pool({ connectionString: database.url, max: 2 });
    // Whoever drops the database may be quicker than a connection that is saying goodbye.
    pool.on('error', () => undefined);
    const house = new Deployment(url, { bus, database, pool, environment, sealing }, settings);
    if (plan.database) await house.command('migrate');
    for (const blueprint of blueprints) await house.apply(blueprint);
    const alone = plan.apart ? services : services.filter((service) => !servesStages(service));
    const front = plan.apart ? house.openGateway() : house.openTogether(services.filter(servesStages));
    await Promise.all([front, ...alone.map((service) => house.start(service))]);
    return house;
  }

  get nats(): RunningNats {
    return this.ground.bus;
  }

  /** A visitor with cookies of their own, whose browser asks for languages if told so. */
  browser(languages?: string): Browser {
    return new Browser(this.url, { languages });
  }

  /** Starts a service; under another name, so that it runs beside the first, if one is given. */
  async start(service: Service, name: string = service): Promise<void> {
    const entry = `dist/apps/${service}/src/main.js`;
    const settings = { ...this.environment, ...this.sealingOf(service) };
    this.processes.set(name, await startProcess(entry, settings, { ready: /serving/ }));
  }

  async openGateway(): Promise<void> {
    const settings = { ...this.environment, ...this.gatewaySettings };
    this.processes.set('gateway', await startProcess('dist/apps/gateway/src/main.js', settings, { ready: /serving/ }));
  }

  /** Starts a gateway and stages in one process, which answers to the names of all of them. */
  private async openTogether(services: readonly StageService[]): Promise<void> {
    const settings = { ...this.environment, ...this.ground.sealing, ...this.gatewaySettings };
    const told = { ...settings, HOUSE_SERVICES: services.join(' ') };
    const process = await startProcess('test/support/deployment-process.mjs', told, { ready: /the house is open/ });
    for (const name of ['gateway', ...services]) this.processes.set(name, process);
  }

  /** Opens one more gateway on the same database and bus, with some settings of its own; where it listens. */
  async openAnotherGateway(own: Environment = {}): Promise<string> {
    const port = String(await freePort());
    const settings = { ...this.environment, ...this.gatewaySettings, ...own, PORT: port };
    const gateway = await startProcess('dist/apps/gateway/src/main.js', settings, { ready: /serving/ });
    this.processes.set(`gateway-${port}`, gateway);
    return `http://127.0.0.1:${port}`;
  }

  /** Ends a process, by SIGTERM unless told otherwise; its exit code. */
  async end(name: string, signal?: NodeJS.Signals): Promise<number | null> {
    const process = this.process(name);
    const names = [...this.processes.values()].filter((one) => one === process).length;
    if (names > 1) throw new Error(`${name} shares its process: open the house apart`);
    // Its successor may be started under the same name before it has gone.
    this.processes.delete(name);
    return process.stop(signal);
  }

  /** Kills the bus; resolves when the gateway has noticed. */
  async stopBus(): Promise<void> {
    const noticed = this.process('gateway').says(/lost the connection to the bus/);
    await this.ground.bus.stop();
    await noticed;
  }

  /** Brings the bus back where it was; resolves when the gateway and every service can be reached again. */
  async startBus(): Promise<void> {
    const back = [...new Set(this.processes.values())].map((process) =>
      process.says(/restored the connection to the bus|reconnect\\"/),
    );
    this.ground.bus = await startNats({ port: Number(new URL(this.ground.bus.url).port) });
    await Promise.all(back);
  }

  /** Resolves when a process writes something that matches, from now on. */
  says(name: string, pattern: RegExp): Promise<void> {
    return this.process(name).says(pattern);
  }

  /** Everything a process has written so far. */
  output(name: string): string {
    return this.process(name).output();
  }

  /** Applies a blueprint as an operator would; what the command says. Throws with its standard error. */
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

  /** Applies blueprints, and all those of folders, at once. */
  applyFiles(...paths: readonly string[]): Promise<string> {
    return this.command('blueprint', 'apply', ...paths);
  }

  /** Runs `npm run user`, with what is typed into it; what it says. Throws with its standard error. */
  async user(args: readonly string[], typed = ''): Promise<string> {
    const env = { PATH: process.env['PATH'], ...this.environment, ...this.ground.sealing, ...this.gatewaySettings };
    const running = run(process.execPath, ['dist/apps/cli/src/user.js', ...args], { env });
    running.child.stdin?.end(typed);
    return (await running).stdout.trim();
  }

  /** Looks into the database, where no answer tells. */
  async rows<R extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<R[]> {
    return (await this.ground.pool.query<R>(sql, values)).rows;
  }

  async close(): Promise<void> {
    await Promise.all([...new Set(this.processes.values())].map((process) => process.stop()));
    await this.ground.pool.end();
    await this.nats.stop();
    await this.ground.database.drop();
  }

  private process(name: string): RunningProcess {
    const process = this.processes.get(name);
    if (!process) throw new Error(`${name} is not running`);
    return process;
  }

  /** The keys of those who open what is sealed: of each kind, whoever it is for. */
  private sealingOf(service: Service): Environment {
    const { SEAL_KEYS = '', MFA_SEAL_KEYS = '' } = this.ground.sealing;
    if (service === 'mfa') return { MFA_SEAL_KEYS };
    return service === 'courier' ? { SEAL_KEYS } : {};
  }

  private async command(name: string, ...args: string[]): Promise<string> {
    const env = { PATH: process.env['PATH'], ...this.environment, ...this.ground.sealing };
    const { stdout } = await run(process.execPath, [`dist/apps/cli/src/${name}.js`, ...args], { env });
    return stdout;
  }

  private get environment(): Environment {
    return {
      DATABASE_URL: this.ground.database.url,
      NATS_URL: this.nats.url,
      UV_THREADPOOL_SIZE: '4',
      ...this.ground.environment,
    };
  }
}
