import { BlueprintError } from '@gatehouse/blueprints';
import { CommandError, openLocalState, openPostgres, standaloneConfig } from '@gatehouse/local';
import {
  commonConfig,
  readConfig,
  resolveEnvironment,
  StartError,
  serveMonitoring,
  startReadiness,
} from '@gatehouse/platform';
import { checkPortIsFree } from './free-port-check.js';
import { QUIET } from './log-level.js';
import { StartedParts } from './started-parts.js';

export interface Standalone {
  /**
   * Resolves with the URL of the gateway. Rejects after a failed start, when all parts are stopped again. Never settles
   * if `stop` was called before.
   */
  readonly ready: Promise<string>;
  /** Stops everything that was started so far, in reverse order. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts the gateway and all services in one process. Starts Postgres if DATABASE_URL is not set and a bus if NATS_URL is
 * not set, migrates the database and applies the blueprints. Stops everything again if one of these steps fails. Prints
 * what the operator has to know, such as the password of a new administrator.
 */
export function startStandalone(env: NodeJS.ProcessEnv, print: (line: string) => void): Standalone {
  const parts = new StartedParts();
  const ready = start(env, parts, print).catch(async (error: unknown) => {
    // `stop` was called, so the error only says that a part was already stopped.
    if (parts.stopped) return new Promise<never>(() => undefined);
    await parts.stop();
    const isMistake = error instanceof CommandError || error instanceof BlueprintError;
    throw isMistake ? new StartError(error.message, { cause: error }) : error;
  });
  return { ready, stop: () => parts.stop() };
}

async function start(given: NodeJS.ProcessEnv, parts: StartedParts, print: (line: string) => void): Promise<string> {
  const env = resolveEnvironment(given);
  // Refuses a wrong setting before it starts a server.
  const common = readConfig(commonConfig.extend(standaloneConfig.shape), env);
  await checkPortIsFree(env);
  const readiness = startReadiness('standalone', { LOG_LEVEL: QUIET, ...env });
  let isReady = false;
  readiness.require('start', () => isReady);
  const monitoring = await serveMonitoring(common, readiness, 'standalone');
  parts.add({ stop: async () => monitoring?.close() });
  const state = await openLocalState(env);
  const postgres = await parts.start(() => openPostgres(env, { state, takesOver: true }));
  // Most modules are loaded here, so that the start refuses a wrong setting or a taken port at once.
  const { startServices } = await import('./start-services.js');
  const url = await startServices({ env, state, postgresUrl: postgres.url, parts, readiness, print });
  isReady = true;
  return url;
}
