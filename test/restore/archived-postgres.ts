import { appendFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findFreePort } from '../../libs/platform/src/free-port.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { onServer } from '../support/postgres-databases.js';
import { PostgresPrograms } from '../support/postgres-programs.js';
import { killWhenParentDies } from '../support/watchdog.js';

const START_S = 60;
const PAGE = DocumentedCommands.of('docs/how-to/back-up-and-restore.md');
/** Folder name of the only base backup. The page uses a date instead. */
const BACKUP = 'first';

/** A Postgres server that archives its write-ahead log. Its programs are in the folder `bin`. */
export class ArchivedPostgres {
  #cancelWatchdog: (() => void) | undefined;

  private constructor(
    private readonly programs: PostgresPrograms,
    private readonly port: number,
  ) {}

  /** Starts a new server with an empty database. */
  static async open(bin: string): Promise<ArchivedPostgres> {
    const programs = await PostgresPrograms.open(bin);
    const server = new ArchivedPostgres(programs, await findFreePort());
    await programs.run('mkdir', [server.#archive]);
    await programs.initialise(server.#data);
    await appendFile(
      join(server.#data, 'postgresql.conf'),
      `${server.#adapted(PAGE.block('text', /^wal_level/))}
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
port = ${server.port}
max_connections = 200
`,
    );
    await server.#start();
    await onServer(server.#url('postgres'), (client) => client.query('CREATE DATABASE gatehouse'));
    return server;
  }

  get url(): string {
    return this.#url('gatehouse');
  }

  /** Makes a base backup and checks it. */
  async backUp(): Promise<void> {
    await this.programs.run('mkdir', ['-p', this.#backups]);
    await this.#follow(PAGE.block('sh', /^pg_basebackup/, { '$(date +%F)': BACKUP }));
  }

  /** Resolves when the log of all committed transactions is archived. */
  async archived(): Promise<void> {
    await onServer(this.#url('postgres'), async (client) => {
      const { rows } = await client.query<{ segment: string }>(
        'SELECT pg_walfile_name(pg_current_wal_insert_lsn()) AS segment, pg_switch_wal()',
      );
      const done = 'SELECT FROM pg_stat_archiver WHERE last_archived_wal >= $1';
      while ((await client.query(done, [rows[0]!.segment])).rowCount === 0) await pause(100);
    });
  }

  /** Kills the server, so that it writes no buffered data, and deletes its data. */
  async destroy(): Promise<void> {
    this.#cancelWatchdog?.();
    await this.programs.run('pg_ctl', ['-D', this.#data, '-m', 'immediate', '-w', 'stop']);
    await rm(this.#data, { recursive: true });
  }

  /** Restores the base backup and the archived log up to a time. Resolves when the server accepts writes. */
  async restore(time: string): Promise<void> {
    await this.#follow(
      PAGE.block('sh', /recovery_target_time/, { '2026-11-29 11:59:00+00': time, '2026-11-29': BACKUP }),
    );
    // Archives nothing more, so that a second restore to the same time does not replay writes of this server.
    await appendFile(join(this.#data, 'postgresql.auto.conf'), 'archive_mode = off\n');
    await this.#start();
    await onServer(this.#url('postgres'), async (client) => {
      const recovering = 'SELECT WHERE pg_is_in_recovery()';
      while ((await client.query(recovering)).rowCount !== 0) await pause(100);
      for (const statement of PAGE.block('sql', /RESET/).trim().split('\n')) await client.query(statement);
    });
    const settings = await readFile(join(this.#data, 'postgresql.auto.conf'), 'utf8');
    if (/recovery_target|restore_command/.test(settings))
      throw new Error(`the RESET statements of the page leave settings of the restore:\n${settings}`);
  }

  async close(): Promise<void> {
    await this.destroy().catch(() => undefined);
    await this.programs.close();
  }

  async #start(): Promise<void> {
    const log = join(this.programs.folder, 'log');
    await this.programs.run('pg_ctl', ['-D', this.#data, '-l', log, '-w', '-t', String(START_S), 'start']);
    const [pid] = (await readFile(join(this.#data, 'postmaster.pid'), 'utf8')).split('\n', 1);
    this.#cancelWatchdog = killWhenParentDies(Number(pid), { remove: this.programs.folder });
  }

  /** Runs commands of the page with the folders of this server. */
  async #follow(script: string): Promise<void> {
    const server = `export PGHOST=127.0.0.1 PGPORT=${this.port} PGUSER=postgres`;
    await this.programs.run('bash', ['-euc', `${server}\n${this.#adapted(script)}`]);
  }

  /** Returns a text of the page with the folders of this server. */
  #adapted(text: string): string {
    return text
      .replaceAll('/var/lib/postgresql/data', this.#data)
      .replaceAll('/backup/', `${this.#backups}/`)
      .replaceAll('/archive/', `${this.#archive}/`);
  }

  #url(database: string): string {
    return `postgres://postgres:${this.programs.password}@127.0.0.1:${this.port}/${database}`;
  }

  get #data(): string {
    return join(this.programs.folder, 'data');
  }

  get #backups(): string {
    return join(this.programs.folder, 'backups');
  }

  get #archive(): string {
    return join(this.programs.folder, 'archive');
  }
}
