import { availableParallelism } from 'node:os';
import { freePort, startProcess } from '../../test/support/processes.js';
import type { BenchEnvironment } from '../environment.js';
import type { Site } from '../measuring.js';

/** The floors as processes, ready to be asked. */
export async function openFloors({ natsUrl, databaseUrl }: BenchEnvironment): Promise<Site> {
  const env = { NATS_URL: natsUrl, DATABASE_URL: databaseUrl, PORT: String(await freePort()) };
  const ready = /serving/;
  const echo = await startProcess('dist/bench/floors/echo.js', env, { ready });
  // As many hashes at a time as there are cores; more would only wait for memory.
  const threads = { UV_THREADPOOL_SIZE: String(availableParallelism()) };
  const server = await startProcess('dist/bench/floors/server.js', { ...env, ...threads }, { ready });
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
