import { ConfigError } from './config.js';
import { StartError } from './readiness.js';

/**
 * Returns a function that ends the process `name` because of an error: it writes the reason to standard error and exits
 * with code 1. A ConfigError or StartError is written without its stack, because its message is a sentence for the
 * operator.
 */
export const exitWithError =
  (name: string) =>
  (error: unknown): never => {
    const reason =
      error instanceof ConfigError || error instanceof StartError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    process.stderr.write(`${name}: ${reason}\n`);
    process.exit(1);
  };

/**
 * At the first SIGTERM, SIGINT or SIGHUP, calls `stop`, then exits with code 0, or calls `fail` if `stop` fails.
 * Ignores further signals: a Ctrl-C reaches the process twice, from its terminal and from the `npm start` that started
 * it, and exiting at the second signal would orphan child processes and drop open requests. A terminal sends SIGHUP
 * when it is closed.
 */
export function stopOnSignal(stop: () => Promise<void>, fail: (error: unknown) => never) {
  let stopping: Promise<void> | undefined;
  const onSignal = () => {
    stopping ??= stop().then(() => process.exit(0), fail);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
}
