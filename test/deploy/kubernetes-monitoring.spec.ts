import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readRules } from '../support/alert-rules.js';
import { SERVICES } from './catalogue.js';
import { containersOf, find, type Manifest, podOf, renderer, renderSite, siteSecrets } from './kubernetes.js';

/** Largest size in bytes of the annotation in which `kubectl apply` keeps an object. */
const ANNOTATION_BYTES = 262_144;

describe.skipIf(!renderer)('deploy/k8s/components/monitoring', () => {
  let manifests: Manifest[];
  beforeAll(async () => {
    manifests = renderSite({ components: ['monitoring'], secrets: await siteSecrets() });
  });

  it('scrapes the monitoring port of every service, with the job and the label that the rules select', () => {
    const { spec, metadata } = find(manifests, 'PodMonitor', 'gatehouse');
    expect(metadata.namespace).toBe('gatehouse');
    const [endpoint] = spec['podMetricsEndpoints'] as { port: string; path: string; relabelings: object[] }[];
    expect(endpoint).toMatchObject({ port: 'monitoring', path: '/metrics' });
    expect(endpoint?.relabelings).toContainEqual({ targetLabel: 'job', replacement: 'gatehouse' });
    expect(endpoint?.relabelings).toContainEqual({
      targetLabel: 'service',
      sourceLabels: ['__meta_kubernetes_pod_label_app_kubernetes_io_name'],
    });
    for (const service of SERVICES) {
      const deployment = find(manifests, 'Deployment', service);
      expect(podOf(deployment).metadata.labels).toMatchObject({
        ...spec.selector?.matchLabels,
        'app.kubernetes.io/name': service,
      });
      const ports = containersOf(deployment).flatMap((container) => container.ports ?? []);
      expect(ports.map(({ name }) => name)).toContain(endpoint?.port);
    }
  });

  it('loads all rules of deploy/prometheus', () => {
    const { spec } = find(manifests, 'PrometheusRule', 'gatehouse');
    const groups = spec['groups'] as { rules: object[] }[];
    expect(groups.flatMap(({ rules }) => rules)).toEqual(readRules());
  });

  it('gives Grafana all dashboards, in a ConfigMap that `kubectl apply` accepts', () => {
    const { data = {}, metadata } = find(manifests, 'ConfigMap', 'gatehouse-dashboards');
    expect(metadata).toMatchObject({ namespace: 'gatehouse', labels: { grafana_dashboard: '1' } });
    const folder = 'deploy/grafana/dashboards';
    const files = readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')] as const);
    expect(data).toEqual(Object.fromEntries(files));
    expect(JSON.stringify(data).length).toBeLessThan(ANNOTATION_BYTES);
  });
});
