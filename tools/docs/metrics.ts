import { BUCKETS_S, metricFamilies } from '@gatehouse/platform';
import { code, type Document, page, table } from './markdown.js';

interface Section {
  readonly title: string;
  readonly text?: string;
  /** Imports the modules that register the metrics of the section. */
  readonly register: () => Promise<unknown>;
}

const SECTIONS: readonly Section[] = [
  {
    title: 'gateway',
    text:
      'The gauge of the cleanup has the same values on every gateway, so take its maximum, not its sum. Each scrape reads ' +
      'it from indexes of Postgres.',
    register: async () => {
      await import('../../apps/gateway/src/http/routing.hooks.js');
      await import('../../apps/gateway/src/http/admission/admission.metrics.js');
      await import('../../apps/gateway/src/flows/nats-stage.client.js');
      await import('../../apps/gateway/src/flows/nats-policy.client.js');
      await import('../../apps/gateway/src/cleanup/cleanup.metrics.js');
      await import('../../apps/gateway/src/sockets/socket.metrics.js');
    },
  },
  {
    title: 'Services of stages',
    text: 'captcha, consent, enrollment, identification, mfa, password and session.',
    register: () => import('@gatehouse/stage-kit'),
  },
  { title: 'policy', register: () => import('../../libs/policies/src/nats-policies.controller.js') },
  {
    title: 'courier',
    text:
      'The gauges of the outbox have the same values on every courier, so take their maximum, not their sum. Each scrape ' +
      'reads them from Postgres.',
    register: async () => {
      const { registerOutboxMetrics } = await import('../../libs/courier/src/courier.metrics.js');
      registerOutboxMetrics({ stats: async () => [] });
    },
  },
];

const labelText = ([label, values]: [string, readonly string[] | string]) =>
  `${code(label)}: ${typeof values === 'string' ? values : values.map(code).join(', ')}`;

async function blocksOf({ title, text, register }: Section): Promise<string[]> {
  const before = metricFamilies.length;
  await register();
  const rows = metricFamilies
    .slice(before)
    .map(({ name, type, labels, help }) => [code(name), type, Object.entries(labels).map(labelText).join('; '), help]);
  return [`## ${title}`, ...(text === undefined ? [] : [text]), table(['name', 'type', 'labels', ''], rows)];
}

const sections: string[] = [];
// Imports the sections one after another, because a metric belongs to the section whose import has registered it.
for (const section of SECTIONS) sections.push(...(await blocksOf(section)));

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
    ...sections,
    'Codes of problems, such as `stage_busy`, are explained in [errors](errors.md). `fault` is an unexpected error, which ' +
      'the log tells. A mail or batch that will be tried again is `later`.',
  ]),
];
