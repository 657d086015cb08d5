import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/free-port.js';
import { onServer } from '../support/postgres-databases.js';
import { PostgresPrograms } from '../support/postgres-programs.js';
import { killWhenParentDies } from '../support/watchdog.js';

/** Milliseconds within which a server must start. */
const START_MS = 60_000;

interface PostgresServer {
  readonly port: number;
  readonly pid: number;
  readonly exited: Promise<unknown>;
}

/** The programs of the two servers, and their ports. */
interface Place {
  readonly programs: PostgresPrograms;
  readonly ports: Readonly<Record<ServerName, number>>;
}

/** The names of the two servers. `one` begins as the primary. */
export type ServerName = 'one' | 'two';

/** A primary and a synchronous standby that streams from it, made with the programs of PostgreSQL in `bin`. */
export class PostgresPair {
  readonly #running = new Map<ServerName, PostgresServer>();
  #primary: ServerName = 'one';

  private constructor(private readonly place: Place) {}

  static async open(bin: string): Promise<PostgresPair> {
    const programs = await PostgresPrograms.open(bin);
    const ports = { one: await freePort(), two: await freePort() };
    const pair = new PostgresPair({ programs, ports });
    await pair.#initialise();
    await pair.start('one');
    await onServer(pair.url('one', 'postgres'), async (client) => {
      await client.query(`CREATE ROLE replicator LOGIN REPLICATION PASSWORD '${programs.password}'`);
      await client.query('CREATE ROLE gatehouse_check LOGIN');
      await client.query('CREATE DATABASE gatehouse');
    });
    await pair.copy('one', 'two');
    await pair.start('two');
    // From now on, a commit waits for the standby.
    await pair.stop('one');
    await pair.start('one', ['synchronous_standby_names=ANY 1 (two)']);
    return pair;
  }

  /** URL of one server as the superuser, without the proxy. */
  url(name: ServerName, database = 'gatehouse'): string {
    return `postgres://postgres:${this.place.programs.password}@127.0.0.1:${this.place.ports[name]}/${database}`;
  }

  /** URL of the server that was promoted last. Before a promotion, that of `one`. */
  get primaryUrl(): string {
    return this.url(this.#primary);
  }

  /** Host and port of a server. */
  address(name: ServerName): string {
    return `127.0.0.1:${this.place.ports[name]}`;
  }

  /** Starts a server with the data that it had. Resolves when it accepts connections. */
  async start(name: ServerName, settings: readonly string[] = []): Promise<void> {
    const port = this.place.ports[name];
    const all = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', `cluster_name=${name}`];
    const options = [...all, 'max_connections=200', ...settings].flatMap((one) => ['-c', one]);
    const child = spawn(join(this.place.programs.bin, 'postgres'), ['-D', this.#data(name), ...options], {
      ...this.place.programs.account,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    const cancelWatchdog = killWhenParentDies(child.pid ?? 0, { remove: this.place.programs.folder });
    const exited = once(child, 'exit').then(cancelWatchdog);
    await new Promise<void>((resolve, reject) => {
      let output = '';
      child.stderr.on('data', (chunk: Buffer) => {
        output = (output + String(chunk)).slice(-8192);
        // The log line of a standby contains `read-only`.
        if (/ready to accept (read-only )?connections/.test(output)) resolve();
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`PostgreSQL ${name} did not start:\n${output}`)));
      setTimeout(
        () => reject(new Error(`PostgreSQL ${name} did not start in ${START_MS} ms:\n${output}`)),
        START_MS,
      ).unref();
    });
    this.#running.set(name, { port, pid: child.pid as number, exited });
  }

  /** Stops a server after it has written its data to disk. */
  async stop(name: ServerName): Promise<void> {
    const server = this.#running.get(name);
    this.#running.delete(name);
    if (!server) return;
    process.kill(server.pid, 'SIGINT');
    await server.exited;
  }

  /** Ends all processes of a server at once, as a crash of its machine does. */
  async crash(name: ServerName): Promise<void> {
    const server = this.#running.get(name)!;
    this.#running.delete(name);
    for (const pid of await this.#processesOf(server.pid)) signal(pid, 'SIGKILL');
    await server.exited;
  }

  /** Stops all processes of a server without ending them, as a hung machine does. */
  async hang(name: ServerName): Promise<void> {
    for (const pid of await this.#processesOf(this.#running.get(name)!.pid)) signal(pid, 'SIGSTOP');
  }

  /** Makes the standby the primary. Resolves when it accepts writes. */
  async promote(name: ServerName): Promise<void> {
    await onServer(this.url(name, 'postgres'), (client) => client.query('SELECT pg_promote(true, 60)'));
    this.#primary = name;
  }

  /** Makes a crashed primary a standby of `primary`. Removes the changes that `primary` does not have (pg_rewind). */
  async rewind(name: ServerName, primary: ServerName): Promise<void> {
    // Until the promoted server has made a checkpoint, the pg_rewind of PostgreSQL 15 finds nothing to remove.
    await onServer(this.url(primary, 'postgres'), (client) => client.query('CHECKPOINT'));
    const source = `--source-server=host=127.0.0.1 port=${this.place.ports[primary]} user=postgres dbname=postgres`;
    await this.place.programs.run('pg_rewind', [`--target-pgdata=${this.#data(name)}`, source]);
    await this.#follow(name, primary);
  }

  /** Copies a running server to the empty folder of another server, which then follows it as a standby. */
  async copy(from: ServerName, to: ServerName): Promise<void> {
    const server = ['-h', '127.0.0.1', '-p', String(this.place.ports[from]), '-U', 'replicator'];
    await this.place.programs.run('pg_basebackup', [...server, '-D', this.#data(to), '-X', 'stream', '-c', 'fast']);
    await this.#follow(to, from);
  }

  /**
   * Makes commits on `primary` wait for `standby`, once the standby streams. Before that, a commit would wait without
   * end.
   */
  async waitForStandby(primary: ServerName, standby: ServerName): Promise<void> {
    await onServer(this.url(primary, 'postgres'), async (client) => {
      const reached = async (condition: string) => {
        const state = `SELECT FROM pg_stat_replication WHERE application_name = $1 AND ${condition}`;
        while ((await client.query(state, [standby])).rowCount === 0) await pause(100);
      };
      await reached(`state = 'streaming'`);
      await client.query(`ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (${standby})'`);
      await client.query('SELECT pg_reload_conf()');
      await reached(`sync_state = 'quorum'`);
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.crash(name)));
    await this.place.programs.close();
  }

  async #initialise(): Promise<void> {
    await this.place.programs.initialise(this.#data('one'));
    const hba = join(this.#data('one'), 'pg_hba.conf');
    const rules = await readFile(hba, 'utf8');
    // The proxy checks the servers as the role gatehouse_check, without a password. The role has no privileges.
    await writeFile(hba, `host postgres gatehouse_check 127.0.0.1/32 trust\n${rules}`);
  }

  async #follow(name: ServerName, primary: ServerName): Promise<void> {
    const source = `host=127.0.0.1 port=${this.place.ports[primary]} user=replicator password=${this.place.programs.password}`;
    await appendFile(join(this.#data(name), 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`);
    const standby = join(this.#data(name), 'standby.signal');
    await writeFile(standby, '');
    await this.place.programs.giveAway(standby);
  }

  async #processesOf(pid: number): Promise<number[]> {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return [pid, ...children.split(' ').filter(Boolean).map(Number)];
  }

  #data(name: ServerName): string {
    return join(this.place.programs.folder, name);
  }
}

/** Sends a signal to a process that may have ended. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
