import { randomBytes } from 'node:crypto';
import { findNatsServer } from '../libs/platform/src/nats-server-binary.js';
import { startNatsServer } from '../test/support/nats-server.js';
import { startOwnPostgres } from '../test/support/own-postgres.js';
import type { WatchedProcess } from './cpu.js';

/** A Postgres or NATS server, with its processes. */
interface BenchServer {
  readonly url: string;
  readonly watched: WatchedProcess;
  readonly stop: () => Promise<void>;
}

/** The servers of the product and of its baseline: a Postgres with durable writes, and a nats-server. */
export interface BenchEnvironment {
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly watched: readonly WatchedProcess[];
  readonly stop: () => Promise<void>;
}

export async function startEnvironment(): Promise<BenchEnvironment> {
  const postgres = await startPostgres();
  const nats = await startNats();
  return {
    databaseUrl: postgres.url,
    natsUrl: nats.url,
    watched: [nats.watched, postgres.watched],
    stop: async () => {
      await nats.stop();
      await postgres.stop();
    },
  };
}

/** Starts a Postgres with durable writes. Its files are deleted when it is stopped. */
export async function startPostgres({ settings = [] as readonly string[], onDisk = false } = {}): Promise<BenchServer> {
  const password = randomBytes(24).toString('base64url');
  const { url, pid, stop } = await startOwnPostgres({ password, settings, onDisk });
  return { url, stop, watched: { name: 'postgres', pid, includesChildren: true } };
}

/** Starts a nats-server. */
export async function startNats(): Promise<BenchServer> {
  const binary = await findNatsServer();
  if (!binary) throw new Error('nats-server was not found. Install it, or set NATS_SERVER to its path');
  const { url, pid, stop } = await startNatsServer(binary);
  return { url, stop, watched: { name: 'nats', pid } };
}
