import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { SERVICES } from './catalogue.js';
import { type Environment, readCompose } from './compose.js';
import { freshEnvironment } from './env-file.js';
import { isInstalled } from './installed.js';
import { environmentOf, type Manifest, manifestsOf, readBase } from './kubernetes.js';

const { listed, present, manifests } = readBase();
const named = (kind: string, all = manifests) => all.filter((manifest) => manifest.kind === kind);
const find = (kind: string, name: string) => named(kind).find(({ metadata }) => metadata.name === name) as Manifest;
const podOf = ({ spec }: Manifest) => spec.template;
const containersOf = (manifest: Manifest) => [
  ...(podOf(manifest).spec.initContainers ?? []),
  ...podOf(manifest).spec.containers,
];
const WORKLOADS = ['Deployment', 'StatefulSet', 'Job'];

/** What the pod security level `restricted` asks for. */
function expectConfined(workload: Manifest) {
  expect(podOf(workload).spec.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  for (const { securityContext } of containersOf(workload))
    expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
}

/** A setting that is empty is not set. */
const given = (environment: Environment = {}): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));

let env: Environment;
beforeAll(async () => {
  env = await freshEnvironment();
});

describe('deploy/k8s/base', () => {
  it('uses each of its files', () => {
    expect([...listed].sort()).toEqual([...present].sort());
  });

  it('has a deployment for each service and for nothing else', () => {
    expect(
      named('Deployment')
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual([...SERVICES].sort());
  });

  it.each(SERVICES)('lets some pods of %s be evicted, never all', (service) => {
    expect(find('PodDisruptionBudget', service).spec).toMatchObject({
      minAvailable: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': service } },
    });
  });

  // What the patch for every deployment says of a container goes by this name.
  it.each(SERVICES)('calls the only container of %s gatehouse', (service) => {
    expect(podOf(find('Deployment', service)).spec.containers.map(({ name }) => name)).toEqual(['gatehouse']);
  });

  it.each(SERVICES)('runs %s with the command and the environment of docker-compose.yml', (service) => {
    const [container] = containersOf(find('Deployment', service));
    const { command, environment } = readCompose(env)[service] ?? {};
    expect(container?.args).toEqual(command);
    const { DATABASE_PASSWORD: _, ...here } = environmentOf(container!, env);
    const { LOG_LEVEL: _level, ...there } = given(environment);
    expect(here).toEqual(there);
  });

  it.each(['migrate', 'roles'])('has the command %s and its environment in the job', (command) => {
    const container = containersOf(find('Job', 'migrate')).find(({ name }) => name === command)!;
    const there = readCompose(env)[command];
    expect(container.args).toEqual(there?.command);
    expect(environmentOf(container, env)).toMatchObject(there?.environment ?? {});
  });

  it('lets the job be picked by its label, because it must be done before the rest of an upgrade', () => {
    const labelled = manifests.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === 'migrate');
    expect(labelled).toEqual([find('Job', 'migrate')]);
  });

  it('applies blueprints with the environment of the operator', () => {
    const [job] = manifestsOf(readFileSync('deploy/k8s/blueprint.yaml', 'utf8')) as [Manifest];
    const { POSTGRES_PASSWORD: _, ...environment } = environmentOf(containersOf(job)[0]!, env);
    expect(environment).toEqual(given(readCompose(env)['operator']?.environment));
    expect(containersOf(job)[0]!.args.filter((arg) => arg.endsWith('.yaml') && !existsSync(arg))).toEqual([]);
    expectConfined(job);
  });

  it('gives NATS the passwords that docker-compose.yml gives it', () => {
    const [container] = containersOf(find('StatefulSet', 'nats'));
    expect(environmentOf(container!, env)).toEqual(readCompose(env)['nats']?.environment);
  });

  it.each(SERVICES)('lets %s reach what its settings name, and no more', (service) => {
    const pod = podOf(find('Deployment', service));
    const settings = readCompose(env)[service]?.environment ?? {};
    const reached = Object.keys(pod.metadata.labels).filter((label) => label.startsWith('reaches-'));
    const postgres = 'DATABASE_URL' in settings ? ['reaches-postgres'] : [];
    const mail = 'MAIL_HOST' in settings ? ['reaches-mail'] : [];
    const others = readCompose(env)[service]?.networks.includes('out') && mail.length === 0 ? ['reaches-world'] : [];
    expect(reached).toEqual(['reaches-nats', ...postgres, ...mail, ...others]);
  });

  it('scales the password service by its load', () => {
    expect(find('HorizontalPodAutoscaler', 'password').spec.scaleTargetRef?.name).toBe('password');
    // A number in the deployment would undo the autoscaler's at each roll-out.
    expect(find('Deployment', 'password').spec).not.toHaveProperty('replicas');
  });
});

describe.skipIf(!isInstalled('kubectl'))('kubectl kustomize', () => {
  const rendered = (folder: string) =>
    manifestsOf(execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' }));

  it.each(['deploy/k8s/base', 'deploy/k8s/overlays/tls'])(
    'makes pods of %s that satisfy the level restricted',
    (folder) => {
      const workloads = rendered(folder).filter(({ kind }) => WORKLOADS.includes(kind));
      expect(workloads).toHaveLength(SERVICES.length + 3);
      for (const workload of workloads) expectConfined(workload);
    },
  );

  it('makes every service of the overlay for TLS speak to NATS by TLS', () => {
    const urls = named('Deployment', rendered('deploy/k8s/overlays/tls')).map(
      (deployment) => environmentOf(containersOf(deployment)[0]!, env)['NATS_URL'],
    );
    expect(urls).toEqual(SERVICES.map(() => 'tls://nats:4222'));
  });
});
