import { readdirSync, readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { Document } from './markdown.js';

const FOLDER = 'deploy/prometheus/rules';

const groups = readdirSync(FOLDER)
  .sort()
  .flatMap(
    (name) => (parse(readFileSync(`${FOLDER}/${name}`, 'utf8')) as { readonly groups: readonly object[] }).groups,
  );

const rules = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PrometheusRule',
  metadata: { name: 'gatehouse' },
  spec: { groups },
};

/** The alert rules as an object of the Prometheus Operator. */
export const documents: readonly Document[] = [
  {
    path: 'deploy/k8s/components/monitoring/prometheus-rules.yaml',
    text: `# The rules of ${FOLDER}. \`npm run docs\` writes this file.\n${stringify(rules, { lineWidth: 0 })}`,
  },
];
