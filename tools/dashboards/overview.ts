import type { Dashboard, Panel } from './dashboard.js';
import { rates, SOLVE } from './queries.js';

const ALERTS: Panel = {
  title: 'Alerts',
  about: 'Alerts that fire now. docs/how-to/runbooks.md has a section for each.',
  unit: 'short',
  as: 'value',
  width: 24,
  limit: 1,
  queries: [
    {
      expr: 'count by (alertname, severity) (ALERTS{alertname=~"Gatehouse.*",alertstate="firing"})',
      legend: '{{alertname}} ({{severity}})',
    },
  ],
};

const ENDED = 'gatehouse_flows_ended_total{flow=~"$flow"}';

/** Logins, requests and their objectives. */
export const overview: Dashboard = {
  name: 'overview',
  title: 'Overview',
  about: 'Are logins failing, since when, and where does it come from?',
  variables: { flow: 'gatehouse_flows_begun_total' },
  rows: {
    Alerts: [ALERTS],
    Objectives: [
      {
        ...{ title: 'Logins that succeed', unit: 'percentunit', as: 'value', least: 0.5 },
        about: 'Of the answered logins that ended in the last hour.',
        queries: [{ expr: 'gatehouse:logins_done:ratio_rate1h{flow=~"$flow"}', legend: '{{flow}}' }],
      },
      {
        ...{ title: 'Solves without 5xx, one day', unit: 'percentunit', as: 'value', least: 0.999 },
        queries: [{ expr: '1 - gatehouse:solves_failed:ratio_rate1d', legend: 'one day' }],
      },
      {
        ...{ title: 'p95 of solves', unit: 's', as: 'value', limit: 1 },
        queries: [{ expr: 'gatehouse:solve_seconds:p95_5m', legend: 'p95' }],
      },
      {
        ...{ title: 'Solves per second', unit: 'reqps', as: 'value' },
        queries: [{ expr: 'gatehouse:solves:rate5m', legend: 'solves' }],
      },
      {
        ...{ title: 'Burn rate of the error budget', unit: 'short', limit: 14.4, width: 12 },
        about:
          '1 uses up the budget of 99.9 % in exactly a month. Alerts page at 14.4 within an hour and at 6 within six hours.',
        queries: ['5m', '30m', '1h', '6h'].map((window) => ({
          expr: `gatehouse:solves_failed:ratio_rate${window} / 0.001`,
          legend: window,
        })),
      },
      {
        ...{ title: 'Duration of solves', unit: 's', limit: 1, width: 12 },
        queries: ['p50', 'p95', 'p99'].map((name) => ({ expr: `gatehouse:solve_seconds:${name}_5m`, legend: name })),
      },
    ],
    Logins: [
      rates('Flows begun', 'gatehouse_flows_begun_total{flow=~"$flow"}', { by: 'flow, designation' }),
      rates('Flows ended', ENDED, { by: 'flow, outcome', as: 'stack' }),
      {
        ...{ title: 'Share of answered logins that succeed', unit: 'percentunit' },
        queries: [{ expr: 'gatehouse:logins_done:ratio_rate30m{flow=~"$flow"}', legend: '{{flow}}' }],
      },
      rates('Steps that do not pass', 'gatehouse_steps_total{flow=~"$flow",outcome!="passed"}', {
        by: 'kind, outcome',
        width: 12,
      }),
      rates('Steps that pass', 'gatehouse_steps_total{flow=~"$flow",outcome="passed"}', { by: 'kind', width: 12 }),
    ],
    Requests: [
      rates('Solves by status', `gatehouse_http_seconds_count{${SOLVE}}`, { by: 'status', unit: 'reqps', as: 'stack' }),
      rates('Responses 5xx by route', 'gatehouse_http_seconds_count{status=~"5.."}', {
        by: 'route, status',
        unit: 'reqps',
      }),
      rates('Refused because of the load', 'gatehouse_refused_total', { by: 'priority, reason' }),
      rates('Attempts refused', 'gatehouse_attempts_refused_total', { by: 'reason' }),
      rates('Rate limits (429)', 'gatehouse_rate_limited_total', { by: 'limit' }),
      {
        ...{ title: 'Processes that are not ready', unit: 'short' },
        queries: [{ expr: 'sum by (service, what) (gatehouse_missing)', legend: '{{service}} {{what}}' }],
      },
    ],
  },
};
