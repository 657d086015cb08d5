import { readFileSync } from 'node:fs';
import pg from 'pg';
import { cpuOf } from '../bench/cpu.js';

/** Statistics of Postgres since they were reset. Statistics that this version of Postgres lacks are absent. */
interface Counters {
  readonly cpuUs?: number;
  readonly commits?: number;
  readonly walBytes?: number;
  readonly reads?: number;
  readonly writes?: number;
  readonly syncs?: number;
}

/** The work of Postgres for the load. A figure that is not known is `null`, and `unknown` contains the reason. */
export interface PostgresFigures {
  readonly version: string;
  /** Parameters of the stored hash of an account, without salt and digest. */
  readonly hash: string | null;
  /** Number of rows, as estimated by the statistics of Postgres. */
  readonly users: number | null;
  readonly sessions: number | null;
  readonly plans: number | null;
  readonly connections: number;
  readonly cpuS: number | null;
  readonly commits: number | null;
  readonly walBytes: number | null;
  readonly reads: number | null;
  readonly writes: number | null;
  readonly syncs: number | null;
  readonly unknown: readonly string[];
}

const COUNTERS = `
  SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database())::float AS commits,
    (SELECT to_jsonb(w) FROM pg_stat_wal w) AS wal`;
/** I/O counters, which Postgres has from version 16 on. `extends` counts the writes by which a table grows. */
const IO = `
  SELECT sum(reads)::float AS reads, sum(coalesce(writes, 0) + coalesce(extends, 0))::float AS writes,
    sum(fsyncs)::float AS syncs FROM pg_stat_io`;
const ROWS = `
  SELECT relname AS name, n_live_tup::float AS rows FROM pg_stat_user_tables
  WHERE (schemaname, relname) IN (('directory', 'users'), ('flow', 'sessions'), ('flow', 'plans'))`;
const HASH = `
  SELECT substring(password_hash FROM '^(?:argon2)?\\$argon2id\\$v=\\d+\\$m=\\d+,t=\\d+,p=\\d+|^pbkdf2_sha256\\$\\d+') AS hash
  FROM directory.users WHERE username = $1`;

/** Measures a Postgres between `start` and `end`, with one connection. */
export class PostgresMeter {
  private before: Counters = {};

  private constructor(
    private readonly client: pg.Client,
    private readonly version: string,
    /** The process id of the server, if it runs on this machine. */
    private readonly pid: number | undefined,
  ) {}

  static async open(url: string): Promise<PostgresMeter> {
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<{ version: string; backend: number; local: boolean }>(
      `SELECT current_setting('server_version') AS version, pg_backend_pid() AS backend,
        coalesce(inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1', true) AS local`,
    );
    const { version = '', backend = 0, local = false } = rows[0] ?? {};
    return new PostgresMeter(client, version, local ? serverOf(backend) : undefined);
  }

  async start(): Promise<void> {
    this.before = await this.counters();
  }

  /** Returns what Postgres did since `start`. `username` is one of the accounts. */
  async end(username: string): Promise<PostgresFigures> {
    const { before } = this;
    const after = await this.counters();
    const grown = (name: keyof Counters) => {
      const [from, to] = [before[name], after[name]];
      return from === undefined || to === undefined ? null : to - from;
    };
    const cpuUs = grown('cpuUs');
    const io = { reads: grown('reads'), writes: grown('writes'), syncs: grown('syncs') };
    return {
      version: this.version,
      ...(await this.contents(username)),
      ...{ cpuS: cpuUs === null ? null : cpuUs / 1e6, commits: grown('commits'), walBytes: grown('walBytes'), ...io },
      unknown: [
        ...(cpuUs === null ? ['CPU time: the server runs on another machine or in another container'] : []),
        ...(io.reads === null ? ['reads and writes: Postgres counts them from version 16 on'] : []),
      ],
    };
  }

  close(): Promise<void> {
    return this.client.end();
  }

  private async counters(): Promise<Counters> {
    // Backends report their statistics once a second at most. This query does not wait for them, because waiting would
    // add work that is not part of the load.
    const { commits, wal } = await this.row<{ commits: number; wal: WalCounters }>(COUNTERS);
    const walBytes = Number(wal['wal_bytes']);
    const cpuUs =
      this.pid === undefined ? undefined : cpuOf([{ name: 'postgres', pid: this.pid, includesChildren: true }]);
    return {
      ...{ commits, walBytes, ...(await this.io(wal)) },
      ...(cpuUs ? { cpuUs: cpuUs.get('postgres') ?? 0 } : {}),
    };
  }

  /**
   * Returns the I/O counters. Before Postgres 18, the writes of the WAL are in `pg_stat_wal` instead of `pg_stat_io`.
   */
  private async io(wal: WalCounters) {
    if (Number.parseInt(this.version, 10) < 16) return {};
    const { reads, writes, syncs } = await this.row<{ reads: number; writes: number; syncs: number }>(IO);
    return {
      reads,
      writes: writes + Number(wal['wal_write'] ?? 0),
      syncs: syncs + Number(wal['wal_sync'] ?? 0),
    };
  }

  /** Returns the only row of a query. */
  private async row<R extends pg.QueryResultRow>(sql: string): Promise<R> {
    return (await this.client.query<R>(sql)).rows[0]!;
  }

  private async contents(username: string) {
    const { rows } = await this.client.query<{ name: string; rows: number }>(ROWS);
    const rowsOf = (table: string) => rows.find(({ name }) => name === table)?.rows ?? null;
    const hash = (await this.client.query<{ hash: string | null }>(HASH, [username])).rows[0]?.hash ?? null;
    const backends = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database()`;
    const { count } = await this.row<{ count: number }>(backends);
    return {
      users: rowsOf('users'),
      sessions: rowsOf('sessions'),
      plans: rowsOf('plans'),
      hash,
      connections: count - 1,
    };
  }
}

/** The row of `pg_stat_wal`, whose columns depend on the version. */
type WalCounters = Readonly<Record<string, unknown>>;

/**
 * Returns the process id of the Postgres server, the parent of the backend with this id, or `undefined` if the server
 * is not on this machine.
 */
function serverOf(backend: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${backend}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state && stat.includes('(postgres)') ? Number(parent) : undefined;
  } catch {
    return undefined;
  }
}
