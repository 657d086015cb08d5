import { BUCKETS_S, metricFamilies, QUESTIONS } from '@gatehouse/platform';
import { code, type Document, page, table } from './markdown.js';

interface Part {
  /** The processes whose metrics the modules register. */
  readonly processes: string;
  /** Imports the modules that register metrics. */
  readonly register: () => Promise<unknown>;
}

const PARTS: readonly Part[] = [
  // This file imports the modules that every process has.
  { processes: 'every process', register: () => Promise.resolve() },
  {
    processes: 'gateway',
    register: async () => {
      await import('../../apps/gateway/src/flows/flow.metrics.js');
      await import('../../apps/gateway/src/http/routing.hooks.js');
      await import('../../apps/gateway/src/http/admission/admission.metrics.js');
      await import('../../apps/gateway/src/http/client-errors.js');
      await import('../../apps/gateway/src/http/rate-limits/rate-limit.metrics.js');
      await import('../../apps/gateway/src/flows/nats-stage.client.js');
      await import('../../apps/gateway/src/flows/nats-policy.client.js');
      await import('../../apps/gateway/src/cleanup/cleanup.metrics.js');
      await import('../../apps/gateway/src/sockets/socket.metrics.js');
      await import('../../apps/gateway/src/forward-auth/forward-auth.metrics.js');
    },
  },
  { processes: 'services of stages', register: () => import('@gatehouse/stage-kit') },
  { processes: 'policy', register: () => import('../../libs/policies/src/nats-policies.controller.js') },
  {
    processes: 'courier',
    register: async () => {
      const { registerOutboxMetrics } = await import('../../libs/courier/src/courier.metrics.js');
      registerOutboxMetrics({ stats: async () => [] });
      const { registerWebhookMetrics } = await import('../../libs/courier/src/webhooks/webhook.metrics.js');
      registerWebhookMetrics({ stats: async () => [] }, []);
    },
  },
  {
    processes: 'blueprints',
    register: () => import('../../libs/rollout/src/rollout.metrics.js'),
  },
];

type Family = (typeof metricFamilies)[number] & { readonly registeredBy: string };

/** Imports the parts one after another, because a metric is listed with the part whose import has registered it. */
async function registeredFamilies(): Promise<Family[]> {
  const families: Family[] = [];
  for (const { processes: registeredBy, register } of PARTS) {
    await register();
    families.push(...metricFamilies.slice(families.length).map((family) => ({ ...family, registeredBy })));
  }
  return families;
}

const labelText = ([label, values]: [string, readonly string[] | string]) =>
  `${code(label)}: ${typeof values === 'string' ? values : values.map(code).join(', ')}`;

const rowOf = ({ name, type, processes, registeredBy, labels, help }: Family) => [
  ...[code(name), type, processes ?? registeredBy],
  ...[Object.entries(labels).map(labelText).join('; '), help],
];

const families = await registeredFamilies();
const sections = Object.entries(QUESTIONS).flatMap(([question, title]) => [
  `## ${title}`,
  table(
    ['name', 'type', 'processes', 'labels', 'meaning'],
    families.filter((family) => family.question === question).map(rowOf),
  ),
]);

/** The page of all metrics. */
export const documents: readonly Document[] = [
  page('docs/reference/metrics.md', [
    '# Metrics',
    'Each process serves its own metrics at `/metrics` of its [monitoring port](processes.md#probes-and-metrics). `npm ' +
      'start` serves all of them. No label contains a user, an address or a secret.',
    `A histogram has the series \`_bucket\`, \`_sum\` and \`_count\`. Its durations are in seconds, its buckets end at ${BUCKETS_S.join(', ')}.`,
    'Every process also serves the default metrics of [prom-client](https://github.com/siimon/prom-client): ' +
      '`process_*` (CPU time, memory, open files, start time) and `nodejs_*` (event loop, garbage collection, heap, ' +
      'handles, version of Node).',
    'The services of stages are captcha, consent, enrollment, identification, mfa, password and session. ' +
      'Label values that an administrator or a client could invent are limited: beyond the limit they are `other`.',
    'The gauges of the outbox and of the backlog of the cleanup have the same values on every courier or gateway, so take ' +
      'their maximum, not their sum. Each scrape reads them from indexes of Postgres.',
    ...sections,
    'Codes of problems, such as `stage_busy`, are explained in [errors](errors.md). `fault` is an unexpected error, which ' +
      'the log tells. A mail or batch that will be tried again is `later`.',
  ]),
];
