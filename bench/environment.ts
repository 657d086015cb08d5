import { randomBytes } from 'node:crypto';
import { findNatsServer } from '../libs/platform/src/nats-server-binary.js';
import { startNatsServer } from '../test/support/nats-server.js';
import { startOwnPostgres } from '../test/support/own-postgres.js';
import type { Watched } from './cpu.js';

/** What both the product and its floors stand on: a Postgres that really writes, and a real nats-server. */
export interface BenchEnvironment {
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly watched: readonly Watched[];
  readonly stop: () => Promise<void>;
}

export async function startEnvironment(): Promise<BenchEnvironment> {
  const program = await findNatsServer();
  if (!program) throw new Error('there is no nats-server: set NATS_SERVER, or install one');
  const postgres = await startOwnPostgres({ password: randomBytes(24).toString('base64url'), settings: [] });
  const nats = await startNatsServer(program);
  return {
    databaseUrl: postgres.url,
    natsUrl: nats.url,
    watched: [
      { name: 'nats', pid: nats.pid },
      { name: 'postgres', pid: postgres.pid, whole: true },
    ],
    stop: async () => {
      await nats.stop();
      await postgres.stop();
    },
  };
}
