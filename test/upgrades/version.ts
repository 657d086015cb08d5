import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Environment, freePort, type RunningProcess, startProcess } from '../support/processes.js';

const run = promisify(execFile);

/** The services that the logins of the drill need. */
export const SERVICES = ['identification', 'password', 'session', 'mfa', 'enrollment', 'policy', 'courier'] as const;
type Service = (typeof SERVICES)[number];

/** The database and the settings that the processes of both versions share. */
export interface Surroundings {
  /** URL of the database as its owner. */
  readonly databaseUrl: string;
  readonly environment: Environment;
}

/** Passwords of the Postgres roles, by the variable that sets them. */
const PASSWORDS: Environment = Object.fromEntries(
  ['GATEWAY', ...SERVICES.filter((name) => name !== 'session').map((name) => name.toUpperCase())].map((name) => [
    `DATABASE_PASSWORD_${name}`,
    randomBytes(12).toString('hex'),
  ]),
);

/** A built version of Gatehouse, whose commands and processes run from its own folder. */
export class Version {
  readonly #parts = new Map<string, RunningProcess>();

  constructor(
    private readonly root: string,
    private readonly surroundings: Surroundings,
  ) {}

  /** Runs a command of the operator and returns its output. Throws if it fails. */
  async command(name: string, ...args: string[]): Promise<string> {
    const { databaseUrl, environment } = this.surroundings;
    const env = { PATH: process.env['PATH'], ...environment, ...PASSWORDS, DATABASE_URL: databaseUrl };
    const { stdout } = await run(process.execPath, [`dist/apps/cli/src/${name}.js`, ...args], { cwd: this.root, env });
    return stdout.trim();
  }

  /** Starts all services, each with its own Postgres role. */
  async startServices(): Promise<void> {
    for (const service of SERVICES) await this.#start(service, {});
  }

  async stopServices(): Promise<void> {
    await Promise.all(SERVICES.map((service) => this.#stop(service)));
  }

  /** Starts a gateway and returns its address. */
  async startGateway(): Promise<string> {
    const port = String(await freePort());
    await this.#start('gateway', { PORT: port });
    return `http://127.0.0.1:${port}`;
  }

  stopGateway(): Promise<void> {
    return this.#stop('gateway');
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#parts.keys()].map((name) => this.#stop(name as Service)));
  }

  async #start(name: Service | 'gateway', settings: Environment): Promise<void> {
    const url = new URL(this.surroundings.databaseUrl);
    url.username = `gatehouse_${name}`;
    url.password = PASSWORDS[`DATABASE_PASSWORD_${name.toUpperCase()}`] ?? '';
    const env = { ...this.surroundings.environment, ...settings, DATABASE_URL: url.href };
    const part = await startProcess(join(this.root, `dist/apps/${name}/src/main.js`), env, { ready: /serving/ });
    this.#parts.set(name, part);
  }

  async #stop(name: Service | 'gateway'): Promise<void> {
    const code = await this.#parts.get(name)?.stop();
    this.#parts.delete(name);
    if (code !== 0) throw new Error(`${name} exited with status ${code} instead of 0`);
  }
}
