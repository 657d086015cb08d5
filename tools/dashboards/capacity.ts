import type { Dashboard } from './dashboard.js';
import { RATE, rates } from './queries.js';

const OF_SERVICE = '{service=~"$service"}';
const OF_JOB = '{job="gatehouse",service=~"$service"}';
/** Admission, processes, versions and keys. */
export const capacity: Dashboard = {
  name: 'capacity',
  title: 'Capacity',
  about: 'Is the deployment full, and of what?',
  variables: { service: 'up{job="gatehouse"}' },
  rows: {
    Admission: [
      {
        ...{ title: 'Requests in flight', unit: 'short' },
        queries: [
          { expr: 'gatehouse_requests_in_flight', legend: '{{instance}}' },
          { expr: 'gatehouse_requests_limit', legend: '{{instance}} limit' },
        ],
      },
      {
        ...{ title: 'Time in the queue', unit: 's', limit: 0.1 },
        queries: [{ expr: 'gatehouse_queueing_seconds', legend: '{{instance}}' }],
      },
      rates('Refused', 'gatehouse_refused_total', { by: 'priority, reason' }),
    ],
    Processes: [
      {
        ...{ title: 'CPU time, in cores', unit: 'short' },
        queries: [
          { expr: `sum by (service) (rate(process_cpu_seconds_total${OF_JOB}${RATE}))`, legend: '{{service}}' },
        ],
      },
      {
        ...{ title: 'CPU time of the busiest process', unit: 'percentunit', limit: 0.9 },
        about: 'JavaScript runs on one core. More than one is used by hashes, garbage collection and TLS.',
        queries: [
          { expr: `max by (service) (rate(process_cpu_seconds_total${OF_JOB}${RATE}))`, legend: '{{service}}' },
        ],
      },
      {
        ...{ title: 'Delay of the event loop (p99)', unit: 's', limit: 0.2 },
        queries: [{ expr: `max by (service) (nodejs_eventloop_lag_p99_seconds${OF_JOB})`, legend: '{{service}}' }],
      },
      {
        ...{ title: 'Memory', unit: 'bytes' },
        queries: [{ expr: `max by (service) (process_resident_memory_bytes${OF_JOB})`, legend: '{{service}}' }],
      },
      {
        ...{ title: 'Garbage collection of the busiest process, share of time', unit: 'percentunit' },
        queries: [
          {
            expr: `max by (service) (sum by (service, instance) (rate(nodejs_gc_duration_seconds_sum${OF_JOB}${RATE})))`,
            legend: '{{service}}',
          },
        ],
      },
      {
        ...{ title: 'Processes', unit: 'short' },
        queries: [{ expr: `sum by (service) (up${OF_JOB})`, legend: '{{service}}' }],
      },
      {
        ...{ title: 'Connections to Postgres', unit: 'short' },
        queries: [
          {
            expr: `sum by (service) (gatehouse_pool_connections{service=~"$service",state="open"})`,
            legend: '{{service}}',
          },
          { expr: `sum by (service) (gatehouse_pool_limit${OF_SERVICE})`, legend: '{{service}} limit' },
        ],
      },
    ],
    'Versions, keys and certificates': [
      {
        ...{ title: 'Versions', unit: 'short', as: 'value', width: 8 },
        queries: [{ expr: 'count by (version) (gatehouse_info)', legend: '{{version}}' }],
      },
      {
        ...{ title: 'Keys that seal', unit: 'short', as: 'value', width: 8 },
        queries: [
          { expr: 'count by (setting, id) (gatehouse_key_info{use=~"encrypt|sign"})', legend: '{{setting}} {{id}}' },
        ],
      },
      {
        ...{ title: 'Time until a certificate ends', unit: 's', as: 'value', width: 8, least: 14 * 86_400 },
        queries: [
          { expr: 'min by (use) (gatehouse_certificate_expiry_timestamp_seconds) - time()', legend: '{{use}}' },
        ],
      },
    ],
  },
};
