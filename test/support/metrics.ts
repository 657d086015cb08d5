import { metrics } from '../../libs/platform/src/metrics.js';

/** Returns a function that removes the metrics registered since this call. Test files of a worker share the registry. */
export function rememberMetrics(): () => void {
  const known = new Set(names());
  return () => {
    for (const name of names()) if (!known.has(name)) metrics.removeSingleMetric(name);
  };
}

const names = () => metrics.getMetricsAsArray().map(({ name }) => name);
