import { readFile } from 'node:fs/promises';
import { type RunningPgbouncer, startPgbouncer } from '../support/pgbouncer.js';
import { onServer } from '../support/postgres-databases.js';
import { freePort } from '../support/processes.js';
import { type RunningProxy, startProxy } from './haproxy.js';
import { PostgresPair } from './postgres-pair.js';

/** Password of the role `pgbouncer`, which may also run commands on PgBouncer's console. */
const PASSWORD = 'pgbouncer-of-a-drill';
/** Number of connections of PgBouncer to Postgres for each role. */
const POOL_SIZE = 10;

/** A PgBouncer in front of a proxy that forwards to the primary of two Postgres servers. */
export class ProxiedPostgres {
  #proxy: RunningProxy | undefined;
  #pgbouncer: RunningPgbouncer | undefined;

  private constructor(
    readonly pair: PostgresPair,
    private readonly ports: { readonly proxy: number; readonly pgbouncer: number },
  ) {}

  static async open(): Promise<ProxiedPostgres> {
    const pair = await PostgresPair.open(process.env['POSTGRES_BIN'] ?? '');
    return new ProxiedPostgres(pair, { proxy: await freePort(), pgbouncer: await freePort() });
  }

  /** Starts the proxy and PgBouncer. The database must already have the roles of the services. */
  async startProxies(): Promise<void> {
    await onServer(this.pair.url('one'), async (client) => {
      await client.query(await readFile('deploy/postgres/pgbouncer.sql', 'utf8'));
      await client.query(`ALTER ROLE pgbouncer PASSWORD '${PASSWORD}'`);
    });
    this.#proxy = await startProxy(await readFile('deploy/postgres/haproxy.cfg', 'utf8'), {
      POSTGRES_PROXY: `127.0.0.1:${this.ports.proxy}`,
      POSTGRES_ONE: this.pair.address('one'),
      POSTGRES_TWO: this.pair.address('two'),
    });
    await this.#proxy.says(/Server postgres\/two is DOWN/);
    await this.#startPgbouncer();
  }

  /** Address of the database through PgBouncer and the proxy. */
  url(role: string, password: string): string {
    return `postgres://${role}:${password}@127.0.0.1:${this.ports.pgbouncer}/gatehouse`;
  }

  /** Kills PgBouncer, with all connections through it, and starts it again. */
  async restartPgbouncer(): Promise<void> {
    await this.#pgbouncer?.stop();
    await this.#startPgbouncer();
  }

  /** Ends all connections through PgBouncer, to the services and to Postgres. */
  async dropConnections(): Promise<void> {
    const console = `postgres://pgbouncer:${PASSWORD}@127.0.0.1:${this.ports.pgbouncer}/pgbouncer`;
    await onServer(console, async (client) => {
      await client.query('KILL gatehouse');
      await client.query('RESUME gatehouse');
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#pgbouncer?.stop(), this.#proxy?.stop()]);
    await this.pair.close();
  }

  async #startPgbouncer(): Promise<void> {
    this.#pgbouncer = await startPgbouncer({
      ...{ database: `postgres://127.0.0.1:${this.ports.proxy}/gatehouse`, poolSize: POOL_SIZE },
      ...{ password: PASSWORD, settings: { listen_port: this.ports.pgbouncer, admin_users: 'pgbouncer' } },
    });
  }
}
