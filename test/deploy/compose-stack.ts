import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { type RunningNats, startNats } from '../support/nats.js';
import { startOwnPostgres } from '../support/own-postgres.js';
import { onServer } from '../support/postgres-databases.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';
import { type Container, type Environment, readCompose } from './compose.js';
import { freshEnvironment } from './env-file.js';

const run = promisify(execFile);

/** Where on this machine things are that containers find elsewhere. */
interface LocalAddresses {
  readonly folder: string;
  readonly port: string;
  readonly addresses: Environment;
  readonly env: Environment;
  nats: RunningNats;
  readonly stop: () => Promise<unknown>;
}

/** What docker-compose.yml describes, as processes of this machine: same commands, same environments, other addresses. */
export class ComposeStack {
  private readonly running: RunningProcess[] = [];

  private constructor(
    private readonly containers: Readonly<Record<string, Container>>,
    private readonly place: LocalAddresses,
  ) {}

  /** NATS and Postgres, as the files configure them; the schemas migrated and the roles made. */
  static async open(): Promise<ComposeStack> {
    const port = String(await freePort());
    const env = { ...(await freshEnvironment()), BASE_URL: `http://127.0.0.1:${port}` };
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-stack-'));
    const [postgres, nats] = await Promise.all([database(env), bus(env)]);
    const addresses = {
      '@postgres:5432': `@${new URL(postgres.url).host}`,
      '//nats:4222': `//${new URL(nats.url).host}`,
      '//127.0.0.1:9000': `//127.0.0.1:${port}`,
    };
    const stop = () => Promise.all([postgres.stop(), rm(folder, { recursive: true })]);
    const stack = new ComposeStack(readCompose(env), { folder, port, addresses, env, nats, stop });
    for (const job of ['migrate', 'roles']) await stack.run(job);
    return stack;
  }

  /** Where the gateway answers once it is started. */
  get url(): string {
    return `http://127.0.0.1:${this.place.port}`;
  }

  /** The environment of a container, with this machine's addresses in it. */
  environment(service: string): Environment {
    const mine: Environment = { HOST: '127.0.0.1', PORT: this.place.port, GATEHOUSE_DIR: this.place.folder };
    const environment = Object.entries(this.containers[service]?.environment ?? {});
    return Object.fromEntries(environment.map(([name, value]) => [name, mine[name] ?? this.here(value)]));
  }

  /** Starts a service as its container would, but for `changes`; resolves once it serves. */
  async start(service: string, changes: Environment = {}): Promise<RunningProcess> {
    const [program = ''] = this.containers[service]?.command ?? [];
    const process = await startProcess(program, { ...this.environment(service), ...changes }, { ready: /"serving"/ });
    this.running.push(process);
    return process;
  }

  /** Runs a command to its end in a container of its own; what it says. Throws with its standard error. */
  async run(service: string, command = this.containers[service]?.command ?? []): Promise<string> {
    const env = { PATH: process.env['PATH'], ...this.environment(service) };
    return (await run(process.execPath, [...command], { env })).stdout;
  }

  /** Applies a blueprint as the operator would. */
  async apply(blueprint: string): Promise<void> {
    const file = join(this.place.folder, 'blueprint.yaml');
    await writeFile(file, blueprint);
    await this.run('operator', ['dist/apps/cli/src/blueprint.js', 'apply', file]);
  }

  /** Whether the container would be called healthy. */
  isHealthy(service: string): Promise<boolean> {
    const [, program = '', ...args] = this.containers[service]?.healthcheck?.test ?? [];
    const here = args.map((arg) => this.here(arg));
    return run(program, here).then(
      () => true,
      () => false,
    );
  }

  /** Starts NATS again with other passwords for its users. */
  async changeNatsPasswords(): Promise<void> {
    await this.place.nats.stop();
    const others = Object.keys(this.place.env).map((name) => [name, 'changed']);
    this.place.nats = await bus(Object.fromEntries(others), Number(new URL(this.place.nats.url).port));
  }

  /** Runs statements as the role that a container connects as. */
  as<T>(service: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    return onServer(this.environment(service)['DATABASE_URL'] ?? '', work);
  }

  async close(): Promise<void> {
    await Promise.all(this.running.map((process) => process.stop()));
    await this.place.nats.stop();
    await this.place.stop();
  }

  private here(text: string): string {
    return Object.entries(this.place.addresses).reduce(
      (changed, [there, here]) => changed.replaceAll(there, here),
      text,
    );
  }
}

async function database(env: Environment) {
  const postgres = await startOwnPostgres({ password: env['POSTGRES_PASSWORD'] ?? '' });
  await onServer(postgres.url, (client) => client.query('CREATE DATABASE gatehouse'));
  return postgres;
}

const bus = (env: Environment, port?: number): Promise<RunningNats> =>
  startNats({ config: readFileSync('deploy/nats/nats.conf', 'utf8'), env, ...(port ? { port } : {}) });
