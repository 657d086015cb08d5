import type { Dashboard } from './dashboard.js';
import { quantiles, RATE, rates } from './queries.js';

const STATEMENT = 'gatehouse_statement_seconds';
const OF_SERVICE = '{service=~"$service"}';
/** Postgres, NATS and the cleanup. */
export const servers: Dashboard = {
  name: 'servers',
  title: 'Postgres and NATS',
  about: 'Can the processes reach Postgres and NATS, and are these quick enough?',
  variables: { service: 'up{job="gatehouse"}' },
  rows: {
    Postgres: [
      {
        ...{ title: 'Duration of statements (p95)', unit: 's', limit: 0.25 },
        queries: quantiles(STATEMENT, { where: OF_SERVICE, by: 'statement', of: [0.95] }),
      },
      rates('Statements', `${STATEMENT}_count${OF_SERVICE}`, { by: 'statement' }),
      rates('Conflicts and errors', `${STATEMENT}_count{service=~"$service",outcome!="ok"}`, {
        by: 'statement, outcome',
      }),
      {
        ...{ title: 'Connections', unit: 'short' },
        queries: [
          {
            expr: `sum by (service, state) (gatehouse_pool_connections${OF_SERVICE})`,
            legend: '{{service}} {{state}}',
          },
        ],
      },
      {
        ...{ title: 'Connections in use, of the limit', unit: 'percentunit', limit: 0.9 },
        queries: [
          {
            expr:
              `sum by (service) (gatehouse_pool_connections{service=~"$service",state="open"}) - sum by (service) ` +
              `(gatehouse_pool_connections{service=~"$service",state="idle"})`,
            legend: '{{service}}',
          },
        ].map(({ expr, legend }) => ({
          expr: `(${expr}) / sum by (service) (gatehouse_pool_limit${OF_SERVICE})`,
          legend,
        })),
      },
      {
        ...{ title: 'Wait for a connection (p95)', unit: 's', limit: 0.1 },
        queries: quantiles('gatehouse_pool_wait_seconds', { where: OF_SERVICE, by: 'service', of: [0.95] }),
      },
    ],
    NATS: [
      {
        ...{ title: 'Processes without a connection', unit: 'short', limit: 1, width: 12 },
        queries: [{ expr: `count by (service) (gatehouse_nats_connected${OF_SERVICE} == 0)`, legend: '{{service}}' }],
      },
      {
        ...{ title: 'Reconnections in a minute', unit: 'short', width: 12 },
        queries: [
          {
            expr: `60 * sum by (service) (rate(gatehouse_nats_reconnects_total${OF_SERVICE}${RATE}))`,
            legend: '{{service}}',
          },
        ],
      },
    ],
    Cleanup: [
      {
        ...{ title: 'Expired rows that wait', unit: 'short', limit: 10_000 },
        queries: [{ expr: 'max by (table) (gatehouse_cleanup_backlog_rows)', legend: '{{table}}' }],
      },
      rates('Deleted rows', 'gatehouse_cleanup_removed_rows_total', { by: 'table' }),
      {
        ...{ title: 'Since the last complete round', unit: 's', limit: 3600 },
        queries: [{ expr: 'time() - max(gatehouse_cleanup_last_success_timestamp_seconds)', legend: 'seconds' }],
      },
    ],
  },
};
