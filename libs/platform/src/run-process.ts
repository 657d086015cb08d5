import type { z } from 'zod';
import { commonConfig, readConfig } from './config.js';
import { resolveProcessEnvironment } from './environment.js';
import { configureLog, Logger } from './logger.js';
import { serveMonitoring } from './monitoring-server.js';
import { exitWithError, stopOnSignal } from './process-exit.js';
import { Readiness } from './readiness.js';
import { startTracing } from './tracing/start-tracing.js';

/** Returns the readiness of a process with the limits in its environment, and names the process in its log lines. */
export function startReadiness(name: string, env: NodeJS.ProcessEnv = process.env): Readiness {
  const limits = readConfig(commonConfig, env);
  configureLog({ service: name, ...limits });
  return new Readiness(limits, new Logger(limits.LOG_LEVEL));
}

/** The running part of a process: a gateway, a courier or a service. */
export interface RunningPart {
  /** Resolves with the reason when the bus has refused this process for good. Otherwise never settles. */
  readonly refused: Promise<Error>;
  /** The URL of its HTTP server, if it has one. */
  readonly url?: string;
  /** Finishes the work that has begun, then closes every connection. */
  close(): Promise<void>;
}

type CommonConfig = typeof commonConfig;

interface ProcessOptions<S extends CommonConfig> {
  readonly name: string;
  /** The settings of the process, at least those of `commonConfig`. */
  readonly settings: S;
  /** Starts the part. Adds its dependencies to `readiness`. */
  readonly start: (config: z.output<S>, readiness: Readiness) => Promise<RunningPart>;
}

/**
 * Runs a process until SIGTERM or SIGINT, then finishes the work that has begun and exits. Serves the monitoring port
 * from the beginning to the end. Writes the reason to standard error and exits with code 1 when the process cannot
 * start, or when the bus refuses it for good.
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
    // Handles signals during the start too, because process 1 of a container ignores a signal without a handler.
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
