import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Registry of all metrics of this process. */
export const metrics = new Registry();

/** Bucket limits in seconds, from the fastest stage to the longest deadline. */
export const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/** The values that a label can have: all of them or, if they cannot be listed, a description. */
type LabelValues = readonly string[] | string;

/** The questions of an operator that metrics answer, in the order of docs/reference/metrics.md. */
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
  /** The processes that have values of it, for docs/reference/metrics.md. Default: the processes that register it. */
  readonly processes?: string;
  readonly labels: Readonly<Record<L, LabelValues>>;
}

/** The metric families that this process has registered, for docs/reference/metrics.md. */
export const metricFamilies: (MetricFamily & { readonly type: 'histogram' | 'gauge' | 'counter' })[] = [];

/** Registers a histogram of durations in seconds. */
export function histogram<L extends string>(family: MetricFamily<L>): Histogram<L> {
  metricFamilies.push({ ...family, type: 'histogram' });
  return new Histogram({ ...optionsOf(family), buckets: BUCKETS_S });
}

/** Registers a counter. Its name ends in `_total`. */
export function counter<L extends string>(family: MetricFamily<L>): Counter<L> {
  metricFamilies.push({ ...family, type: 'counter' });
  return new Counter(optionsOf(family));
}

/** Registers a gauge that is set whenever its value changes. */
export function gauge<L extends string>(family: MetricFamily<L>): Gauge<L> {
  metricFamilies.push({ ...family, type: 'gauge' });
  return new Gauge(optionsOf(family));
}

/**
 * Milliseconds in which the values of a lazy gauge must be read. Far below the scrape timeout of Prometheus, so that a
 * scrape returns the other metrics while Postgres hangs.
 */
export const LAZY_READ_MS = 3000;

/**
 * Registers a gauge whose values are read at each scrape. While they cannot be read within LAZY_READ_MS, because Postgres
 * is down or hangs, the gauge has no values, and the other metrics are served.
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
      // `reset` gives a gauge without labels the value 0.
      if (Object.keys(family.labels).length === 0) this.remove();
      for (const { labels, value } of values) this.set(labels, value);
    },
  });
}

/** Resolves like the promise. Rejects when that takes longer. */
function withinMs<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Returns a function that returns the first `max` distinct values unchanged, and `other` for all further ones. It limits
 * the number of series of a label whose values an administrator names, such as the slugs of flows.
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

/** The value of a label that stands for all values without a series of their own. */
export const OTHER = 'other';

const optionsOf = <L extends string>({ name, help, labels }: MetricFamily<L>) => ({
  ...{ name, help, labelNames: Object.keys(labels) as L[], registers: [metrics] },
});
