import { Gauge, Histogram, Registry } from 'prom-client';

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
