import type { z } from 'zod';
import { commonConfig, readConfig } from './config.js';
import { resolveProcessEnvironment } from './environment.js';
import { configureLog, Logger } from './logger.js';
import { serveMonitoring } from './monitoring-server.js';
import { exitWithError, stopOnSignal } from './process-exit.js';
import { Readiness } from './readiness.js';
import { startTracing } from './tracing/start-tracing.js';

/**
 * Sets the name of the process for its log lines, and returns its readiness, with the time limits from the environment.
 */
export function startReadiness(name: string, env: NodeJS.ProcessEnv = process.env): Readiness {
  const limits = readConfig(commonConfig, env);
  configureLog({ service: name, ...limits });
  return new Readiness(limits, new Logger(limits.LOG_LEVEL));
}

/** What runs in a process: a gateway, a courier or a service. */
export interface RunningPart {
  /** Resolves with the reason when the bus has refused this process for good. Never settles otherwise. */
  readonly refused: Promise<Error>;
  /** URL of the HTTP server, if there is one. */
  readonly url?: string;
  /** Finishes open work, then closes all connections. */
  close(): Promise<void>;
}

type CommonConfig = typeof commonConfig;

interface ProcessOptions<S extends CommonConfig> {
  readonly name: string;
  /** Schema of the process's settings, which must contain those of `commonConfig`. */
  readonly settings: S;
  /** Starts the process's work, and adds its dependencies to `readiness`. */
  readonly start: (config: z.output<S>, readiness: Readiness) => Promise<RunningPart>;
}

/**
 * Runs a process until SIGTERM, SIGINT or SIGHUP, then finishes open work and exits. Serves the monitoring port during
 * that whole time. If the process cannot start, or the bus refuses it for good, writes the reason to standard error and
 * exits with code 1.
 */
export async function runProcess<S extends CommonConfig>(options: ProcessOptions<S>): Promise<void> {
  const { name, settings, start } = options;
  const fail = exitWithError(name);
  try {
    resolveProcessEnvironment();
    const config = readConfig(settings);
    const readiness = startReadiness(name);
    const logger = new Logger(config.LOG_LEVEL);
    let part: RunningPart | undefined;
    readiness.require('start', () => part !== undefined);
    const stopTracing = await startTracing(config, name, logger);
    const monitoring = await serveMonitoring(config, readiness, name);
    // Signals must be handled during the start too: a process with the id 1, as in a container, ignores signals without
    // a handler.
    stopOnSignal(async () => {
      readiness.stop();
      logger.event('stopping');
      await part?.close();
      await stopTracing();
      await monitoring?.close();
    }, fail);
    part = await start(config, readiness);
    void part.refused.then(fail);
    logger.event('serving', { url: part.url });
  } catch (error) {
    fail(error);
  }
}
