import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { newSigningKeys } from '../test/support/forward-auth.js';
import { freePort, type RunningProcess, startProcess } from '../test/support/processes.js';
import type { WatchedProcess } from './cpu.js';
import type { BenchEnvironment } from './environment.js';
import type { MeasuredSite } from './measurement.js';
import { FLOWS } from './scenarios/flows.js';

const run = promisify(execFile);

type Environment = Readonly<Record<string, string>>;
/** A process of the product. */
export type Service =
  | 'gateway'
  | 'blueprints'
  | 'captcha'
  | 'consent'
  | 'courier'
  | 'enrollment'
  | 'identification'
  | 'mfa'
  | 'password'
  | 'policy'
  | 'session';

interface Running {
  readonly name: Service;
  readonly process: RunningProcess;
}

/** The processes of the product as they are deployed: a gateway and one process for each service. */
export class Product implements MeasuredSite {
  private running: Running[] = [];
  /** All processes that were started, also those that have ended. */
  private readonly started: RunningProcess[] = [];

  private constructor(
    readonly url: string,
    private readonly env: Environment,
    /** Folder of the build. */
    private readonly build: string,
  ) {}

  /** Starts the product from the folder `build`, with the settings `env`. MONITORING_PORT is for the gateway only. */
  static async open(
    { natsUrl, databaseUrl }: Pick<BenchEnvironment, 'natsUrl' | 'databaseUrl'>,
    { env = {}, build = 'dist' }: { readonly env?: Environment; readonly build?: string | undefined } = {},
  ): Promise<Product> {
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}`;
    const { MONITORING_PORT, ...shared } = env;
    const settings = {
      NATS_URL: natsUrl,
      DATABASE_URL: databaseUrl,
      ...gatewaySettings(port, url),
      // Without this variable the password service would start itself again to set the variable.
      UV_THREADPOOL_SIZE: String(availableParallelism() + 2),
      ...shared,
    };
    const product = new Product(url, settings, build);
    await product.command('migrate');
    await product.apply(FLOWS);
    for (const service of ['identification', 'session', 'password'] as const) await product.start(service);
    await product.start('gateway', MONITORING_PORT === undefined ? {} : { MONITORING_PORT });
    return product;
  }

  watched(): WatchedProcess[] {
    return this.running.map(({ name, process }) => ({ name, pid: process.pid, includesChildren: name === 'policy' }));
  }

  /** Returns what all processes have logged so far. The processes buffer a line for up to 200 ms. */
  log(): string {
    return this.started.map(({ output }) => output()).join('');
  }

  /** Restarts the password service with `count` processes and the settings `env`. Returns the process ids. */
  async servePasswords(count: number, env: Environment): Promise<number[]> {
    await this.end(({ name }) => name === 'password');
    for (let i = 0; i < count; i++) await this.start('password', env);
    return this.running.filter(({ name }) => name === 'password').map(({ process }) => process.pid);
  }

  /** Starts or restarts a service. */
  async serve(service: Service, env: Environment): Promise<void> {
    await this.end(({ name }) => name === service);
    await this.start(service, env);
  }

  /** Returns the `NODE_OPTIONS` that load `bench/<name>.mjs` before a process starts. */
  static preload(name: string): string {
    return `--import=${pathToFileURL(`bench/${name}.mjs`).href}`;
  }

  /**
   * Starts a second gateway that runs pg's own named statements (docs/adr/0003). Both gateways use the same services.
   */
  withPlainStatements(): Promise<MeasuredSite> {
    return this.openGateway({ NODE_OPTIONS: Product.preload('plain-statements') });
  }

  /** Starts another gateway with some settings of its own, which uses the same services. */
  async openGateway(settings: Environment): Promise<MeasuredSite> {
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}`;
    const env = { ...this.env, PORT: port, BASE_URL: url, ...settings };
    const gateway = await startProcess('dist/apps/gateway/src/main.js', env, { ready: /serving/ });
    const others = () => this.watched().filter(({ name }) => name !== 'gateway');
    return {
      url,
      watched: () => [{ name: 'gateway', pid: gateway.pid }, ...others()],
      stop: async () => void (await gateway.stop()),
    };
  }

  stop(): Promise<void> {
    return this.end(() => true);
  }

  private async end(which: (running: Running) => boolean) {
    const stopping = this.running.filter(which);
    this.running = this.running.filter((running) => !stopping.includes(running));
    await Promise.all(stopping.map(({ process }) => process.stop()));
  }

  private async start(name: Service, env: Environment = {}) {
    const entry = `${this.build}/apps/${name}/src/main.js`;
    const process = await startProcess(entry, { ...this.env, ...env }, { ready: /serving/ });
    this.running.push({ name, process });
    this.started.push(process);
  }

  /** Applies a blueprint with the command line. */
  async apply(blueprint: string): Promise<void> {
    await withFile(blueprint, (file) => this.command('blueprint', 'apply', file));
  }

  /** Compiles a blueprint into drafts. */
  async draft(blueprint: string): Promise<void> {
    await withFile(blueprint, (file) => this.command('blueprint', 'apply', '--draft', file));
  }

  /** Imports rows of an export with the command line. */
  async importRows(verb: 'import' | 'import-devices', rows: readonly object[]): Promise<void> {
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    await withFile(lines, (file) => this.command('user', verb, file));
  }

  private async command(name: string, ...args: string[]) {
    const env = { PATH: process.env['PATH'], ...this.env };
    await run(process.execPath, [`${this.build}/apps/cli/src/${name}.js`, ...args], { env });
  }
}

async function withFile(text: string, use: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  try {
    const file = join(folder, 'input');
    await writeFile(file, text);
    await use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The secret key of all gateways of this process. */
export const SECRET_KEY = randomBytes(32).toString('hex');

const gatewaySettings = (port: string, url: string) => ({
  PORT: port,
  BASE_URL: url,
  SEAL_KEYS: `bench:${randomBytes(32).toString('base64')}`,
  MFA_SEAL_KEYS: `bench:${randomBytes(32).toString('base64')}`,
  JWT_SIGNING_KEYS: newSigningKeys(),
  SECRET_KEY,
  // The cleanup of expired rows must not run during a measurement.
  CLEANUP_EVERY_S: '3600',
  // The load generator sends X-Forwarded-For, with a different address for each visitor.
  TRUSTED_PROXIES: '127.0.0.1',
  NETWORK_ATTEMPTS_FREE: '1000000',
  ANONYMOUS_RATE: '0',
  NEW_SESSION_RATE: '0',
});
