import { availableParallelism } from 'node:os';
import { freePort, startProcess } from '../../test/support/processes.js';
import type { BenchEnvironment } from '../environment.js';
import type { MeasuredSite } from '../measurement.js';

/** Starts the baseline server and the echo service. */
export async function startBaseline({ natsUrl, databaseUrl }: BenchEnvironment): Promise<MeasuredSite> {
  const env = { NATS_URL: natsUrl, DATABASE_URL: databaseUrl, PORT: String(await freePort()) };
  const ready = /serving/;
  const echo = await startProcess('dist/bench/baseline/echo.js', env, { ready });
  // One hashing thread for each core. More threads would compete for memory bandwidth.
  const threads = { UV_THREADPOOL_SIZE: String(availableParallelism()) };
  const server = await startProcess('dist/bench/baseline/server.js', { ...env, ...threads }, { ready });
  return {
    url: `http://127.0.0.1:${env.PORT}`,
    watched: () => [
      { name: 'gateway', pid: server.pid },
      { name: 'stages', pid: echo.pid },
    ],
    stop: async () => {
      await Promise.all([server.stop(), echo.stop()]);
    },
  };
}
