import type { Panel } from './dashboard.js';

/** Selects requests that answer a challenge ("solves"), as deploy/prometheus/rules/solves.yml does. */
export const SOLVE = 'route=~"/(api/v3/flows/executor/:flow_slug|if/flow/:slug)/?",method="POST"';
/** The range over which rates are computed: at least four scrapes. */
export const RATE = '[$__rate_interval]';

/** Returns the sum of the rate of a counter, by labels. */
const rate = (series: string, by?: string): string => `sum${by ? ` by (${by})` : ''} (rate(${series}${RATE}))`;

/** Returns the name of a series: the values of its labels. */
const named = (by: string): string => by.replaceAll(/\w+/g, '{{$&}}').replaceAll(',', '');

/** Returns the queries of quantiles of a histogram, by labels. */
export const quantiles = (metric: string, { where = '', by = '', of = [0.5, 0.95, 0.99] } = {}) =>
  of.map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (${by ? `${by}, ` : ''}le) (rate(${metric}_bucket${where}${RATE})))`,
    legend: `${by && `${named(by)} `}p${quantile * 100}`,
  }));

/** A graph of the rates of a counter, by labels. */
export const rates = (
  title: string,
  series: string,
  { by, ...more }: { readonly by: string } & Partial<Panel>,
): Panel => ({
  ...{ title, unit: 'ops' },
  queries: [
    {
      expr: rate(series, by),
      legend: named(by),
    },
  ],
  ...more,
});
