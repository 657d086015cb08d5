import { metrics } from '../../libs/platform/src/metrics.js';

/** Returns a function that removes the metrics registered since this call. Test files of a worker share the registry. */
export function rememberMetrics(): () => void {
  const known = new Set(names());
  return () => {
    for (const name of names()) if (!known.has(name)) metrics.removeSingleMetric(name);
  };
}

const names = () => metrics.getMetricsAsArray().map(({ name }) => name);

/** Returns the value of a series, such as `name{label="value"}`; `undefined` if there is no such series. */
export const valueIn = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

/** Returns the value of a series in this process; `undefined` if there is no such series. */
export const scrape = async (series: string): Promise<number | undefined> => valueIn(await metrics.metrics(), series);
