import type { Dashboard } from './dashboard.js';
import { quantiles, rates } from './queries.js';

const HOP = 'gatehouse_stage_hop_seconds';
/** Stages, policies and providers. */
export const stages: Dashboard = {
  name: 'stages',
  title: 'Stages',
  about: 'Which stage or policy is slow, busy or failing?',
  variables: { kind: `${HOP}_count` },
  rows: {
    Stages: [
      rates('Requests', `${HOP}_count{kind=~"$kind"}`, { by: 'kind', unit: 'reqps' }),
      rates('Outcomes', `${HOP}_count{kind=~"$kind"}`, { by: 'kind, outcome', unit: 'reqps', as: 'stack' }),
      rates('Without a result', `${HOP}_count{kind=~"$kind",outcome!~"challenge|passed|rejected|denied"}`, {
        by: 'kind, outcome',
        unit: 'reqps',
      }),
      {
        ...{ title: 'Duration, measured by the gateway (p95)', unit: 's', width: 12, limit: 2.5 },
        queries: quantiles(HOP, { where: '{kind=~"$kind"}', by: 'kind', of: [0.95] }),
      },
      {
        ...{ title: 'Duration, measured by the service (p95)', unit: 's', width: 12 },
        about: 'The difference to the gateway is the time in NATS and in the queue of the process.',
        queries: quantiles('gatehouse_stage_answer_seconds', { where: '{kind=~"$kind"}', by: 'kind', of: [0.95] }),
      },
    ],
    'Limited work': [
      {
        ...{ title: 'Running', unit: 'short' },
        queries: [{ expr: 'sum by (work) (gatehouse_work_running)', legend: '{{work}}' }],
      },
      {
        ...{ title: 'Waiting', unit: 'short' },
        queries: [{ expr: 'sum by (work) (gatehouse_work_queued)', legend: '{{work}}' }],
      },
      rates('Refused', 'gatehouse_work_refused_total', { by: 'work' }),
    ],
    Policies: [
      rates('Requests', 'gatehouse_policy_hop_seconds_count', { by: 'outcome', unit: 'reqps' }),
      { ...{ title: 'Duration of requests', unit: 's', limit: 1 }, queries: quantiles('gatehouse_policy_hop_seconds') },
      rates('Evaluations', 'gatehouse_policy_evaluation_seconds_count', { by: 'kind, outcome' }),
    ],
    Providers: [
      rates('Requests', 'gatehouse_provider_seconds_count', { by: 'provider, outcome', unit: 'reqps', width: 12 }),
      {
        ...{ title: 'Duration (p95)', unit: 's', width: 12 },
        queries: quantiles('gatehouse_provider_seconds', { by: 'provider', of: [0.95] }),
      },
    ],
  },
};
