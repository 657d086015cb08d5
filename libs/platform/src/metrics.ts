import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Registry of all metrics of this process. */
export const metrics = new Registry();

/** Upper limits of histogram buckets in seconds, from the duration of the fastest stage to the longest deadline. */
export const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/** The possible values of a label: a list, or a description if they cannot be listed. */
type LabelValues = readonly string[] | string;

/** Questions of operators. docs/reference/metrics.md groups the metrics by the question that they answer. */
export const QUESTIONS = {
  logins: 'Are logins failing?',
  slow: 'What is slow?',
  full: 'Is it full?',
  abuse: 'Does a client guess credentials or send too many requests?',
  dependencies: 'Can the processes reach Postgres, NATS and the collector of traces?',
  messages: 'Do mails, events and messages for pages arrive?',
  cleanup: 'Are expired rows deleted?',
  keys: 'Which version, keys and certificates are in use?',
} as const;

interface MetricFamily<L extends string = string> {
  /** Name of the metric. A histogram's name ends in `_seconds`. */
  readonly name: string;
  readonly help: string;
  /** The question that the metric answers. */
  readonly question: keyof typeof QUESTIONS;
  /**
   * The processes that have this metric, as text for the column `processes` of docs/reference/metrics.md. Default: the
   * part of tools/docs/metrics.ts whose import registers the metric.
   */
  readonly processes?: string;
  readonly labels: Readonly<Record<L, LabelValues>>;
}

/** The metric families that this process has registered. docs/reference/metrics.md is generated from them. */
export const metricFamilies: (MetricFamily & { readonly type: 'histogram' | 'gauge' | 'counter' })[] = [];

/** Registers a histogram of durations in seconds. */
export function histogram<L extends string>(family: MetricFamily<L>): Histogram<L> {
  metricFamilies.push({ ...family, type: 'histogram' });
  return new Histogram({ ...optionsOf(family), buckets: BUCKETS_S });
}

/** Registers a counter. The name of a counter ends in `_total`. */
export function counter<L extends string>(family: MetricFamily<L>): Counter<L> {
  metricFamilies.push({ ...family, type: 'counter' });
  return new Counter(optionsOf(family));
}

/** Registers a gauge whose value the code sets whenever it changes. */
export function gauge<L extends string>(family: MetricFamily<L>): Gauge<L> {
  metricFamilies.push({ ...family, type: 'gauge' });
  return new Gauge(optionsOf(family));
}

/**
 * Time limit for reading the values of a lazy gauge, in milliseconds. It is far below the scrape timeout of Prometheus,
 * so that a scrape returns all other metrics even while Postgres hangs.
 */
export const LAZY_READ_MS = 3000;

/**
 * Registers a gauge whose values are read at each scrape. If they cannot be read within LAZY_READ_MS, for example while
 * Postgres is down, this gauge has no values, and all other metrics are served.
 */
export function lazyGauge<L extends string>(
  family: MetricFamily<L>,
  read: () => Promise<readonly { readonly labels: Readonly<Record<L, string>>; readonly value: number }[]>,
): Gauge<L> {
  metricFamilies.push({ ...family, type: 'gauge' });
  return new Gauge({
    ...optionsOf(family),
    async collect() {
      const values = await withinMs(read(), LAZY_READ_MS).catch(() => []);
      this.reset();
      // `reset` gives a gauge without labels the value 0, which this removes.
      if (Object.keys(family.labels).length === 0) this.remove();
      for (const { labels, value } of values) this.set(labels, value);
    },
  });
}

/** Settles like the promise, but rejects if that takes longer than `ms` milliseconds. */
function withinMs<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Returns a function that limits the number of time series of a label. It returns the first `max` distinct values
 * unchanged, and `other` for all further values. For labels whose values administrators choose, such as the slugs of
 * flows.
 */
export function boundedLabel(max: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= max) return OTHER;
    known.add(value);
    return value;
  };
}

/** Label value for all values that have no time series of their own. */
export const OTHER = 'other';

const optionsOf = <L extends string>({ name, help, labels }: MetricFamily<L>) => ({
  ...{ name, help, labelNames: Object.keys(labels) as L[], registers: [metrics] },
});
