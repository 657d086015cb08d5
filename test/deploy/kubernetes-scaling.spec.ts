import { readFileSync } from 'node:fs';
import { postgresConfig, REQUIRED_SCHEMAS } from '@gatehouse/platform';
import { beforeAll, describe, expect, it } from 'vitest';
import { gatewaySettings } from '../../apps/gateway/src/gateway.config.js';
import { stages } from '../../libs/stages/src/catalogue.js';
import { stagesOf } from '../../libs/stages/src/modules.js';
import { NEEDS, SERVICES } from './catalogue.js';
import type { Environment } from './compose.js';
import {
  containersOf,
  find,
  inputOf,
  type Manifest,
  podOf,
  renderer,
  renderSite,
  siteSecrets,
  workloadsOf,
} from './kubernetes.js';

/** Returns the largest number of replicas of a service: the maximum of its autoscaler, or one without an autoscaler. */
const maxReplicas = (manifests: readonly Manifest[], service: string) =>
  manifests.find(({ kind, spec }) => kind === 'HorizontalPodAutoscaler' && spec.scaleTargetRef?.name === service)?.spec
    .maxReplicas ?? 1;

/** Number of connections that a migration and two commands open, and that Postgres reserves. */
const OTHER_CONNECTIONS = 3 * 10 + 10;

/** Returns the number of connection pools of a service. Nest opens one for each module definition with a database. */
async function poolsOf(service: string): Promise<number> {
  const found = new Set<unknown>();
  const visit = (module: Awaited<ReturnType<typeof stagesOf>>[number]) => {
    for (const provider of module.providers ?? [])
      if ('inject' in provider && provider.inject?.includes(REQUIRED_SCHEMAS)) found.add(module);
    for (const imported of module.imports ?? []) if ('module' in imported) visit(imported);
  };
  const isStageService = Object.values(stages).some(({ contract }) => contract.service === service);
  // The gateway, the courier and the policy service have one pool.
  if (!isStageService) return 1;
  for (const module of await stagesOf(service)) visit(module);
  return found.size;
}

/** Returns the largest number of connections of one pod of a service. */
async function connectionsOfPod(manifests: readonly Manifest[], service: string): Promise<number> {
  const { environment } = inputOf(
    manifests,
    find(manifests, 'Deployment', service),
    containersOf(find(manifests, 'Deployment', service))[0]!,
  );
  const config = service === 'gateway' ? gatewaySettings : postgresConfig;
  return config.pick({ DATABASE_POOL: true }).parse(environment).DATABASE_POOL * (await poolsOf(service));
}

/** Returns the largest number of connections that the pods of all services open while all of them are rolled out. */
async function connectionsOf(manifests: readonly Manifest[]): Promise<number> {
  let sum = OTHER_CONNECTIONS;
  for (const service of SERVICES.filter((name) => NEEDS[name]?.includes('data'))) {
    // During a rollout, additional pods start while an old pod is still stopping.
    const { maxSurge = 0 } = find(manifests, 'Deployment', service).spec.strategy?.rollingUpdate ?? {};
    sum += (maxReplicas(manifests, service) + maxSurge + 1) * (await connectionsOfPod(manifests, service));
  }
  return sum;
}

const page = readFileSync('docs/how-to/deploy-on-kubernetes.md', 'utf8');

/** Returns the CPU cores and the GiB of memory that all pods request, with the fewest replicas. */
function requestsOf(manifests: readonly Manifest[]) {
  const pods = manifests.filter(({ kind }) => /Deployment|StatefulSet/.test(kind));
  const replicasOf = ({ kind, metadata, spec }: Manifest) =>
    (kind === 'StatefulSet'
      ? spec.replicas
      : manifests.find((other) => other.kind === 'HorizontalPodAutoscaler' && other.metadata.name === metadata.name)
          ?.spec.minReplicas) ?? 1;
  const total = (resource: string, read: (quantity: string) => number) =>
    pods
      .flatMap((workload) =>
        containersOf(workload).map(
          ({ resources }) => replicasOf(workload) * read(String(resources?.requests?.[resource])),
        ),
      )
      .reduce((sum, each) => sum + each);
  const cpu = total('cpu', (text) => (text.endsWith('m') ? Number.parseInt(text, 10) / 1000 : Number(text)));
  const memory = total('memory', (text) => Number.parseInt(text, 10) / 1024);
  return `${cpu.toFixed(1)} cores, ${memory.toFixed(1)} GiB`;
}

describe.skipIf(!renderer)('deploy/k8s/overlays', () => {
  let secrets: Environment;
  let small: Manifest[];
  let ha: Manifest[];
  beforeAll(async () => {
    secrets = await siteSecrets();
    small = renderSite({ overlay: 'small', secrets });
    ha = renderSite({ overlay: 'ha', secrets });
  });

  it('small: Postgres accepts the connections of all pods while all of them are rolled out', async () => {
    const [postgres] = containersOf(find(small, 'StatefulSet', 'postgres'));
    const [, limit] = /max_connections=(\d+)/.exec(postgres?.args?.join(' ') ?? '') ?? [];
    expect(await connectionsOf(small)).toBeLessThanOrEqual(Number(limit));
  });

  it('ha: deploy-on-kubernetes.md and cloudnative-pg.yaml name enough connections for all replicas', async () => {
    const [, limit] = /`max_connections` of at least (\d+)/.exec(page) ?? [];
    const connections = await connectionsOf(ha);
    expect(connections).toBeLessThanOrEqual(Number(limit));
    expect(connections).toBeGreaterThan(Number(limit) - 50);
    const example = readFileSync('deploy/k8s/examples/cloudnative-pg.yaml', 'utf8');
    expect(connections).toBeLessThanOrEqual(Number(/max_connections: "(\d+)"/.exec(example)?.[1]));
  });

  it('scale.md states the number of connections of a pod of each service', async () => {
    const scaling = readFileSync('docs/how-to/scale.md', 'utf8');
    const each = await Promise.all(
      SERVICES.map(
        async (service) =>
          [service, NEEDS[service]?.includes('data') ? await connectionsOfPod(ha, service) : 0] as const,
      ),
    );
    for (const count of new Set(each.map(([, connections]) => connections))) {
      const services = each.filter(([, connections]) => connections === count).map(([service]) => `\`${service}\``);
      expect(scaling).toContain(`| ${services.sort().join(', ')} | ${count} |`);
    }
    const without = each.filter(([, connections]) => connections === 0).map(([service]) => `\`${service}\``);
    expect([SERVICES.length - without.length, without]).toEqual([10, ['`session`']]);
    expect(scaling).toContain('Ten services have a role, all but `session`');
  });

  it('deploy-on-kubernetes.md states the CPU time and the memory that all pods request', () => {
    expect(page).toContain(`| \`small\` | ${requestsOf(small)} |`);
    expect(page).toContain(`| \`ha\` | ${requestsOf(ha)} |`);
  });

  it.each(SERVICES)('ha: %s has at least two pods, scaled by their CPU time', (service) => {
    expect(find(ha, 'HorizontalPodAutoscaler', service).spec).toMatchObject({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: service },
      minReplicas: 2,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }],
    });
    expect(maxReplicas(ha, service)).toBeGreaterThan(2);
  });

  it.each([...SERVICES, 'nats'])('ha: an eviction takes one pod of %s at a time', (name) => {
    expect(find(ha, 'PodDisruptionBudget', name).spec).toMatchObject({
      maxUnavailable: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
    });
  });

  it('ha: the labels of a Deployment, a StatefulSet or a disruption budget select no pods of a command', () => {
    const selecting = ha.filter(({ kind }) => ['Deployment', 'StatefulSet', 'PodDisruptionBudget'].includes(kind));
    const selected = selecting.map(({ kind, metadata, spec }) => {
      const labels = Object.entries(spec.selector?.matchLabels ?? {});
      const workloads = workloadsOf(ha).filter((workload) =>
        labels.every(([name, value]) => podOf(workload).metadata.labels?.[name] === value),
      );
      return [`${kind} ${metadata.name}`, workloads.map(({ metadata: { name }, kind: type }) => `${type} ${name}`)];
    });
    expect(selected.length).toBeGreaterThan(2 * SERVICES.length);
    // Kubernetes refuses to evict a pod if its disruption budget also selects pods of a Job.
    expect(selected.filter(([, workloads]) => workloads?.length !== 1)).toEqual([]);
  });

  it('ha: the pods of each service spread over zones and nodes, and have a priority over other pods', () => {
    for (const service of SERVICES) {
      const { priorityClassName, topologySpreadConstraints } = podOf(find(ha, 'Deployment', service)).spec;
      expect(find(ha, 'PriorityClass', priorityClassName ?? '')).toHaveProperty('value', 1_000_000);
      expect(topologySpreadConstraints?.map(({ topologyKey }) => topologyKey)).toEqual([
        'topology.kubernetes.io/zone',
        'kubernetes.io/hostname',
      ]);
      for (const { matchLabelKeys } of topologySpreadConstraints ?? [])
        expect(matchLabelKeys).toEqual(['app.kubernetes.io/name', 'pod-template-hash']);
    }
  });

  it('ha: NATS is a cluster of three servers on three nodes, which all processes know', () => {
    const nats = find(ha, 'StatefulSet', 'nats');
    const names = [0, 1, 2].map((index) => `nats-${index}.nats`);
    expect(nats.spec).toMatchObject({ replicas: names.length, serviceName: 'nats' });
    expect(find(ha, 'Service', 'nats').spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(podOf(nats).spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toMatchObject([
      { topologyKey: 'kubernetes.io/hostname' },
    ]);
    const { environment } = inputOf(ha, nats, containersOf(nats)[0]!);
    const { NATS_ROUTES = '', NATS_CLUSTER_PASSWORD } = environment;
    expect(JSON.parse(NATS_ROUTES)).toEqual(
      names.map((name) => `nats://cluster:${NATS_CLUSTER_PASSWORD}@${name}:6222`),
    );
    const gateway = find(ha, 'Deployment', 'gateway');
    const { NATS_URL } = inputOf(ha, gateway, containersOf(gateway)[0]!).environment;
    expect(NATS_URL).toBe(names.map((name) => `nats://${name}:4222`).join(','));
  });

  it('keda: each service has one autoscaler, whose query names the stages of the service', () => {
    const manifests = renderSite({ overlay: 'ha', components: ['keda'], secrets });
    const scalers = manifests.filter(({ kind }) => /HorizontalPodAutoscaler|ScaledObject/.test(kind));
    expect(scalers.map(({ spec }) => spec.scaleTargetRef?.name ?? '').sort()).toEqual([...SERVICES].sort());
    for (const { kind, metadata, spec } of scalers) {
      if (kind !== 'ScaledObject' || metadata.name === 'courier') continue;
      const [, pattern = ''] = /kind=~?"([^"]+)"/.exec(JSON.stringify(spec).replaceAll('\\"', '"')) ?? [];
      const matched = Object.values(stages).filter(({ contract }) => new RegExp(`^(${pattern})$`).test(contract.kind));
      const own = Object.values(stages).filter(({ contract }) => contract.service === metadata.name);
      expect(matched).toEqual(own);
    }
  });
});
