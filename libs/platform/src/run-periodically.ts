import type { Logger } from './logger.js';

/** Cleans up every so many seconds, until the returned function is called. A round that fails is logged; the next one tries again. */
export function runPeriodically(seconds: number, sweep: () => Promise<unknown>, logger: Logger): () => void {
  const round = () => sweep().catch((error: unknown) => logger.fault('cleaning failed', error));
  const timer = setInterval(() => void round(), seconds * 1000).unref();
  return () => clearInterval(timer);
}
