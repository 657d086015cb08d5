import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { runCliOk } from '../support/commands.js';
import { type RunningNats, startNats } from '../support/nats.js';
import { onceInRun } from '../support/once-in-run.js';
import { startOwnPostgres } from '../support/own-postgres.js';
import { onServer } from '../support/postgres-databases.js';
import {
  type Environment,
  freePort,
  type RunningPart,
  type RunningProcess,
  startProcess,
} from '../support/processes.js';
import { partOf, startHosted } from '../support/service-host.js';
import { type Container, readCompose } from './compose.js';
import { completeEnvFile, freshEnvironment, readEnvFile } from './env-file.js';

const run = promisify(execFile);

/**
 * Copies what the Dockerfile puts into the image, so that the processes find the packages of the image and no others.
 */
async function copyImageFiles(folder: string): Promise<void> {
  await run(process.execPath, ['tools/build/copy-packages.mjs', folder]);
  await cp('package.json', join(folder, 'package.json'));
  await cp('dist', join(folder, 'dist'), {
    recursive: true,
    filter: (path) => !/^dist\/(test|bench|release)/.test(path),
  });
}

/** Servers on this machine, and the addresses that replace those of the containers. */
interface LocalInfrastructure {
  readonly folder: string;
  /** Folder for the files of the image, which the first start of a process copies. */
  readonly image: string;
  readonly port: string;
  /** Monitoring port of the gateway. The other services have none. */
  readonly monitoringPort: string;
  readonly addresses: Environment;
  readonly env: Environment;
  nats: RunningNats;
  readonly stop: (keep?: string) => Promise<unknown>;
}

/**
 * Runs the services of docker-compose.yml on this machine, with the commands and environments of their containers, but
 * with local addresses.
 */
export class ComposeStack {
  private readonly running: RunningPart[] = [];
  private copiedImage: Promise<void> | undefined;

  private constructor(
    private readonly containers: Readonly<Record<string, Container>>,
    private readonly infrastructure: LocalInfrastructure,
  ) {}

  /**
   * Starts NATS and Postgres as in docker-compose.yml. The first stack of a test run migrates the schemas and creates the
   * roles. All others have a copy of its database, and the same secrets. `stageUsers` is the file with the NATS users of
   * external stages.
   */
  static async open({ stageUsers = '' } = {}): Promise<ComposeStack> {
    const deployed = await onceInRun('deployed', deploy);
    const secrets = await readEnvFile(join(deployed, '.env'));
    return ComposeStack.start(secrets, { stageUsers, copyOf: join(deployed, 'data') });
  }

  /** Starts NATS and Postgres with secrets. Without `copyOf`, Postgres has an empty database. */
  static async start(
    secrets: Environment,
    { stageUsers = '', copyOf }: { readonly stageUsers?: string; readonly copyOf?: string } = {},
  ): Promise<ComposeStack> {
    const [port, monitoringPort] = [String(await freePort()), String(await freePort())];
    const env = { ...secrets, BASE_URL: `http://127.0.0.1:${port}` };
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-stack-'));
    const image = join(folder, 'image');
    const [postgres, nats] = await Promise.all([database(env, copyOf), bus(env, { stageUsers })]);
    const addresses = {
      '@postgres:5432': `@${new URL(postgres.url).host}`,
      '//nats:4222': `//${new URL(nats.url).host}`,
      '/127.0.0.1/9001': `/127.0.0.1/${monitoringPort}`,
    };
    const stop = (keep?: string) => Promise.all([postgres.stop(keep ? { keep } : {}), rm(folder, { recursive: true })]);
    return new ComposeStack(readCompose(env), {
      folder,
      image,
      port,
      monitoringPort,
      addresses,
      env,
      nats,
      stop,
    });
  }

  /** URL of NATS, for the processes of an operator. */
  get natsUrl(): string {
    return this.infrastructure.nats.url;
  }

  /** URL of the gateway. Valid once the gateway has started. */
  get url(): string {
    return `http://127.0.0.1:${this.infrastructure.port}`;
  }

  /** Returns the environment of a container, with the addresses of this machine. */
  environment(service: string): Environment {
    const local: Environment = {
      HOST: '127.0.0.1',
      PORT: this.infrastructure.port,
      GATEHOUSE_DIR: this.infrastructure.folder,
      MONITORING_HOST: '127.0.0.1',
      MONITORING_PORT: service === 'gateway' ? this.infrastructure.monitoringPort : '',
    };
    const environment = Object.entries(this.containers[service]?.environment ?? {});
    return Object.fromEntries(environment.map(([name, value]) => [name, local[name] ?? this.localize(value)]));
  }

  /** Starts a service with its container command. Resolves when it is ready. `changes` override its environment. */
  async start(service: string, changes: Environment = {}): Promise<RunningProcess> {
    const [program = ''] = this.containers[service]?.command ?? [];
    this.copiedImage ??= copyImageFiles(this.infrastructure.image);
    await this.copiedImage;
    const process = await startProcess(
      join(this.infrastructure.image, program),
      { ...this.environment(service), ...changes },
      { ready: /"serving"/ },
    );
    this.running.push(process);
    return process;
  }

  /**
   * Starts a service in the service host of the worker (test/support/service-host.ts), which takes a fraction of the time
   * of `start`.
   */
  async startHosted(service: string, changes: Environment = {}): Promise<void> {
    const env = { ...this.environment(service), ...changes };
    this.running.push(await startHosted({ part: partOf(service), services: [service], env }));
  }

  /**
   * Runs the operator command `user` in this process, with the environment of the operator. Returns its standard
   * output. Throws CommandFailedError if the command fails.
   */
  user(...args: readonly string[]): Promise<string> {
    return runCliOk('user', args, { env: this.environment('operator') });
  }

  /** Runs a job with the environment of its container, and returns its output. Throws with its standard error. */
  run(job: 'migrate' | 'roles'): Promise<string> {
    return runCliOk(job, [], { env: this.environment(job) });
  }

  /** Applies a blueprint with the role of the operator. */
  async apply(blueprint: string): Promise<void> {
    const file = join(this.infrastructure.folder, 'blueprint.yaml');
    await writeFile(file, blueprint);
    await this.applyFiles(file);
  }

  /** Applies blueprint files with the role of the operator. */
  async applyFiles(...files: readonly string[]): Promise<void> {
    await runCliOk('blueprint', ['apply', ...files], { env: this.environment('operator') });
  }

  /** Returns whether the health check of the container passes. */
  isHealthy(service: 'gateway'): Promise<boolean> {
    const [, program = '', ...args] = this.containers[service]?.healthcheck?.test ?? [];
    const localArgs = args.map((arg) => this.localize(arg));
    return run(program, localArgs).then(
      () => true,
      () => false,
    );
  }

  /** Restarts NATS with new nkeys, which no running service has. */
  async changeNatsKeys(): Promise<void> {
    await this.infrastructure.nats.stop();
    const port = Number(new URL(this.infrastructure.nats.url).port);
    this.infrastructure.nats = await bus(await freshEnvironment(), { port });
  }

  /** Runs statements with the Postgres role of a container. */
  as<T>(service: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    return onServer(this.environment(service)['DATABASE_URL'] ?? '', work);
  }

  /** Stops everything. `keep` is the folder to which the data of Postgres is copied before it is deleted. */
  async close({ keep }: { readonly keep?: string } = {}): Promise<void> {
    await Promise.all(this.running.map((part) => part.stop()));
    await this.infrastructure.nats.stop();
    await this.infrastructure.stop(keep);
  }

  private localize(text: string): string {
    return Object.entries(this.infrastructure.addresses).reduce(
      (localized, [address, local]) => localized.replaceAll(address, local),
      text,
    );
  }
}

/** Writes the data of a migrated Postgres with the roles to a folder, and the secrets of its deployment. */
async function deploy(folder: string): Promise<void> {
  await mkdir(folder);
  const file = join(folder, '.env');
  await completeEnvFile(file);
  const stack = await ComposeStack.start(await readEnvFile(file));
  try {
    for (const job of ['migrate', 'roles'] as const) await stack.run(job);
  } catch (error) {
    await stack.close();
    throw error;
  }
  await stack.close({ keep: join(folder, 'data') });
}

async function database(env: Environment, copyOf?: string) {
  const postgres = await startOwnPostgres({ password: env['POSTGRES_PASSWORD'] ?? '', ...(copyOf ? { copyOf } : {}) });
  if (!copyOf) await onServer(postgres.url, (client) => client.query('CREATE DATABASE gatehouse'));
  return postgres;
}

async function bus(env: Environment, { port, stageUsers = '' }: { port?: number; stageUsers?: string }) {
  const config = readFileSync('deploy/nats/nats.conf', 'utf8');
  return startNats({ config, files: { 'stages/users.conf': stageUsers }, env, ...(port ? { port } : {}) });
}
