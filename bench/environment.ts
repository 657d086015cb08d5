import { randomBytes } from 'node:crypto';
import { findNatsServer } from '../libs/platform/src/nats-server-binary.js';
import { startNatsServer } from '../test/support/nats-server.js';
import { startOwnPostgres } from '../test/support/own-postgres.js';
import type { WatchedProcess } from './cpu.js';

/** The servers of the product and of its baseline: a Postgres with durable writes, and a nats-server. */
export interface BenchEnvironment {
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly watched: readonly WatchedProcess[];
  readonly stop: () => Promise<void>;
}

export async function startEnvironment(): Promise<BenchEnvironment> {
  const binary = await findNatsServer();
  if (!binary) throw new Error('nats-server was not found. Install it, or set NATS_SERVER to its path');
  const postgres = await startOwnPostgres({ password: randomBytes(24).toString('base64url'), settings: [] });
  const nats = await startNatsServer(binary);
  return {
    databaseUrl: postgres.url,
    natsUrl: nats.url,
    watched: [
      { name: 'nats', pid: nats.pid },
      { name: 'postgres', pid: postgres.pid, includesChildren: true },
    ],
    stop: async () => {
      await nats.stop();
      await postgres.stop();
    },
  };
}
