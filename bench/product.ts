import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, type RunningProcess, startProcess } from '../test/support/processes.js';
import type { Watched } from './cpu.js';
import type { BenchEnvironment } from './environment.js';
import type { Site } from './measuring.js';
import { FLOWS } from './scenarios/flows.js';

const run = promisify(execFile);

type Environment = Readonly<Record<string, string>>;
type Service = 'gateway' | 'captcha' | 'identification' | 'mfa' | 'session' | 'password' | 'policy';

interface Running {
  readonly name: Service;
  readonly process: RunningProcess;
}

/** The product's own processes, as they are deployed: a gateway and a process a service. */
export class Product implements Site {
  private running: Running[] = [];

  private constructor(
    readonly url: string,
    private readonly env: Environment,
  ) {}

  static async open({ natsUrl, databaseUrl }: BenchEnvironment): Promise<Product> {
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}`;
    const product = new Product(url, {
      NATS_URL: natsUrl,
      DATABASE_URL: databaseUrl,
      ...gatewaySettings(port, url),
      // A service starts itself again to get its threads when nobody has said how many.
      UV_THREADPOOL_SIZE: String(availableParallelism() + 2),
    });
    await product.command('migrate');
    await product.apply(FLOWS);
    for (const service of ['identification', 'session', 'password', 'gateway'] as const) await product.start(service);
    return product;
  }

  watched(): Watched[] {
    return this.running.map(({ name, process }) => ({ name, pid: process.pid, whole: name === 'policy' }));
  }

  /** Serves passwords with `count` processes from now on, each set up by `env`; their process ids. */
  async servePasswords(count: number, env: Environment): Promise<number[]> {
    await this.end(({ name }) => name === 'password');
    for (let i = 0; i < count; i++) await this.start('password', env);
    return this.running.filter(({ name }) => name === 'password').map(({ process }) => process.pid);
  }

  /** Serves policies from now on: their Python takes memory that nothing else needs. */
  async servePolicies(): Promise<void> {
    await this.start('policy');
  }

  /** Serves one more kind of stages from now on. */
  async serve(service: Service, env: Environment): Promise<void> {
    await this.end(({ name }) => name === service);
    await this.start(service, env);
  }

  stop(): Promise<void> {
    return this.end(() => true);
  }

  private async end(which: (running: Running) => boolean) {
    const leaving = this.running.filter(which);
    this.running = this.running.filter((running) => !leaving.includes(running));
    await Promise.all(leaving.map(({ process }) => process.stop()));
  }

  private async start(name: Service, env: Environment = {}) {
    const entry = `dist/apps/${name}/src/main.js`;
    const process = await startProcess(entry, { ...this.env, ...env }, { ready: /serving/ });
    this.running.push({ name, process });
  }

  /** Applies a blueprint as an operator would. */
  async apply(blueprint: string): Promise<void> {
    await withFile(blueprint, (file) => this.command('blueprint', 'apply', file));
  }

  /** Takes rows of an export over, as an operator would. */
  async takeOver(verb: 'import' | 'import-devices', rows: readonly object[]): Promise<void> {
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    await withFile(lines, (file) => this.command('user', verb, file));
  }

  private async command(name: string, ...args: string[]) {
    const env = { PATH: process.env['PATH'], ...this.env };
    await run(process.execPath, [`dist/apps/cli/src/${name}.js`, ...args], { env });
  }
}

async function withFile(text: string, use: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  try {
    const file = join(folder, 'given');
    await writeFile(file, text);
    await use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const gatewaySettings = (port: string, url: string) => ({
  PORT: port,
  BASE_URL: url,
  SEAL_KEYS: `bench:${randomBytes(32).toString('base64')}`,
  MFA_SEAL_KEYS: `bench:${randomBytes(32).toString('base64')}`,
  SECRET_KEY: randomBytes(32).toString('hex'),
  // What has expired is removed between two runs of this, not in the middle of one.
  CLEANUP_EVERY_S: '3600',
  // The driver is a proxy of visitors from everywhere.
  TRUSTED_PROXIES: '127.0.0.1',
  NETWORK_ATTEMPTS_FREE: '1000000',
  ANONYMOUS_RATE: '0',
});
