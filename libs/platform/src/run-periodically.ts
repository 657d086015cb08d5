import type { Logger } from './logger.js';

/** Runs `task` every `seconds` seconds. Logs failures and continues. Returns the function that stops it. */
export function runPeriodically(seconds: number, task: () => Promise<unknown>, logger: Logger): () => void {
  const run = () => task().catch((error: unknown) => logger.event('periodic_task_failed', { error }));
  const timer = setInterval(() => void run(), seconds * 1000).unref();
  return () => clearInterval(timer);
}
