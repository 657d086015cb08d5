import { createServer } from 'node:http';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { z } from 'zod';
import type { commonConfig } from './config.js';

/** Registry of all metrics of this process. */
export const metrics = new Registry();

/** Bucket limits in seconds, from the fastest stage to the longest deadline. */
const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/** Registers a histogram of durations in seconds. */
export const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[]): Histogram<L> =>
  new Histogram({ name, help, labelNames, buckets: BUCKETS_S, registers: [metrics] });

/** Registers a gauge whose values are read at each scrape. */
export const lazyGauge = <L extends string>(
  { name, help, labelNames }: { readonly name: string; readonly help: string; readonly labelNames: readonly L[] },
  read: () => Promise<readonly { readonly labels: Readonly<Record<L, string>>; readonly value: number }[]>,
): Gauge<L> =>
  new Gauge({
    ...{ name, help, labelNames, registers: [metrics] },
    async collect() {
      for (const { labels, value } of await read()) this.set(labels, value);
    },
  });

/** The HTTP server of the metrics. */
export interface MetricsServer {
  readonly port: number;
  /** Lets the process exit while the server still listens. */
  unref(): void;
  close(): Promise<void>;
}

type MetricsConfig = Pick<z.output<typeof commonConfig>, 'METRICS_PORT' | 'METRICS_HOST'>;

/**
 * Serves `GET /metrics` on a separate port, which must not be public. Port 0 uses a free port. Returns `undefined` if
 * METRICS_PORT is not set.
 */
export async function serveMetrics(config: MetricsConfig): Promise<MetricsServer | undefined> {
  const { METRICS_PORT: port, METRICS_HOST: host } = config;
  if (port === undefined) return undefined;
  collectDefaultMetrics({ register: metrics });
  const server = createServer((request, reply) => {
    if (request.method !== 'GET' || request.url !== '/metrics') return void reply.writeHead(404).end();
    metrics.metrics().then(
      (text) => reply.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => reply.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    unref: () => void server.unref(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
