import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { NEEDS, SERVICES } from './catalogue.js';
import { type Environment, readCompose } from './compose.js';
import { freshEnvironment } from './env-file.js';
import { isInstalled } from './installed.js';
import { environmentOf, type Manifest, manifestsOf, readBase } from './kubernetes.js';

const { listedFiles, existingFiles, manifests, patch } = readBase();
const ofKind = (kind: string, all = manifests) => all.filter((manifest) => manifest.kind === kind);
const find = (kind: string, name: string) => ofKind(kind).find(({ metadata }) => metadata.name === name) as Manifest;
const podOf = ({ spec }: Manifest) => spec.template;
const containersOf = (manifest: Manifest) => [
  ...(podOf(manifest).spec.initContainers ?? []),
  ...podOf(manifest).spec.containers,
];
const WORKLOADS = ['Deployment', 'StatefulSet', 'Job'];

/** Checks the pod security standard `restricted`. */
function expectRestricted(workload: Manifest) {
  expect(podOf(workload).spec.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  for (const { securityContext } of containersOf(workload))
    expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
}

/** Removes empty settings, which services treat as not set. */
const withoutEmpty = (environment: Environment = {}): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));

let env: Environment;
beforeAll(async () => {
  env = await freshEnvironment();
});

describe('deploy/k8s/base', () => {
  it('lists each of its files in the kustomization', () => {
    expect([...listedFiles].sort()).toEqual([...existingFiles].sort());
  });

  it('has a deployment for each service and for nothing else', () => {
    expect(
      ofKind('Deployment')
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual([...SERVICES].sort());
  });

  it.each(SERVICES)('keeps at least one pod of %s during an eviction', (service) => {
    expect(find('PodDisruptionBudget', service).spec).toMatchObject({
      minAvailable: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': service } },
    });
  });

  // The patch for all deployments selects the container by this name.
  it.each(SERVICES)('names the only container of %s gatehouse', (service) => {
    expect(podOf(find('Deployment', service)).spec.containers.map(({ name }) => name)).toEqual(['gatehouse']);
  });

  it.each(SERVICES)('runs %s with the command and the environment of docker-compose.yml', (service) => {
    const [container] = containersOf(find('Deployment', service));
    const { command, environment } = readCompose(env)[service] ?? {};
    expect(container?.args).toEqual(command);
    const shared = containersOf(patch)[0]!.env;
    const { DATABASE_PASSWORD: _, ...actual } = environmentOf(
      { ...container!, env: [...container!.env, ...shared] },
      env,
    );
    const { LOG_LEVEL: _level, ...expected } = withoutEmpty(environment);
    expect(actual).toEqual(expected);
  });

  it.each(['migrate', 'roles'])('runs %s in the migration job with its command and environment', (command) => {
    const container = containersOf(find('Job', 'migrate')).find(({ name }) => name === command)!;
    const expected = readCompose(env)[command];
    expect(container.args).toEqual(expected?.command);
    expect(environmentOf(container, env)).toMatchObject(expected?.environment ?? {});
  });

  it('labels the migration job, so that an upgrade can run it before everything else', () => {
    const labelled = manifests.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === 'migrate');
    expect(labelled).toEqual([find('Job', 'migrate')]);
  });

  it('applies the shipped blueprints once, with the environment of the operator', () => {
    const [job] = manifestsOf(readFileSync('deploy/k8s/blueprint.yaml', 'utf8')) as [Manifest];
    const { POSTGRES_PASSWORD: _, ...environment } = environmentOf(containersOf(job)[0]!, env);
    expect(environment).toEqual(withoutEmpty(readCompose(env)['operator']?.environment));
    expect(containersOf(job)[0]!.args).toEqual(['dist/apps/cli/src/blueprint.js', 'apply', '--once', 'blueprints']);
    expectRestricted(job);
  });

  it('gives NATS the same public keys as docker-compose.yml', () => {
    const [container] = containersOf(find('StatefulSet', 'nats'));
    expect(environmentOf(container!, env)).toEqual(readCompose(env)['nats']?.environment);
  });

  it.each(SERVICES)('lets %s connect to what it needs, and to nothing else', (service) => {
    const labels = Object.keys(podOf(find('Deployment', service)).metadata.labels);
    const world = service === 'courier' ? 'reaches-mail' : 'reaches-world';
    const needs = { front: [], bus: ['reaches-nats'], data: ['reaches-postgres'], world: [world] };
    const expected = (NEEDS[service] ?? []).flatMap((need) => needs[need]);
    expect(labels.filter((label) => label.startsWith('reaches-')).sort()).toEqual(expected.sort());
  });

  it('autoscales the password service', () => {
    expect(find('HorizontalPodAutoscaler', 'password').spec.scaleTargetRef?.name).toBe('password');
    // A fixed number of replicas would reset the autoscaler at each roll-out.
    expect(find('Deployment', 'password').spec).not.toHaveProperty('replicas');
  });
});

describe.skipIf(!isInstalled('kubectl'))('kubectl kustomize', () => {
  const rendered = (folder: string) =>
    manifestsOf(execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' }));

  it.each(['deploy/k8s/base', 'deploy/k8s/overlays/tls'])(
    'renders pods of %s that satisfy the pod security standard restricted',
    (folder) => {
      const workloads = rendered(folder).filter(({ kind }) => WORKLOADS.includes(kind));
      expect(workloads).toHaveLength(SERVICES.length + 3);
      for (const workload of workloads) expectRestricted(workload);
    },
  );

  it('makes every service of the TLS overlay connect to NATS with TLS', () => {
    const urls = ofKind('Deployment', rendered('deploy/k8s/overlays/tls')).map(
      (deployment) => environmentOf(containersOf(deployment)[0]!, env)['NATS_URL'],
    );
    expect(urls).toEqual(SERVICES.map(() => 'tls://nats:4222'));
  });
});
