import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveEnvironment } from '@gatehouse/platform';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { gatewaySettings } from '../../apps/gateway/src/gateway.config.js';
import { courierSettings } from '../../libs/courier/src/courier.config.js';
import { DRAIN_MS } from '../../libs/platform/src/json-responder.js';
import { NEEDS, SECRETS, SERVICES } from './catalogue.js';
import { type Environment, SERVICES_FILE } from './compose.js';
import {
  containersOf,
  find,
  inputOf,
  localEnvironment,
  type Manifest,
  operatorSecret,
  podOf,
  renderer,
  renderSite,
  siteSecrets,
  workloadsOf,
} from './kubernetes.js';
import { schemaFaults } from './kubernetes-schema.js';
import { restrictedFaults } from './pod-security.js';

const ROOT = 'deploy/k8s';
/** Timeout in milliseconds of a test that runs the compiler, which takes two seconds of CPU time. */
const TYPES_TIMEOUT_MS = 120_000;
const compose = readFileSync(SERVICES_FILE, 'utf8');
const SITES = [
  { site: 'small', overlay: 'small', components: [] },
  { site: 'ha', overlay: 'ha', components: [] },
  { site: 'ha with tls', overlay: 'ha', components: ['tls'] },
  { site: 'tls', overlay: 'tls', components: [] },
];

const namesOf = (manifests: readonly Manifest[], kind: string) =>
  manifests.filter((manifest) => manifest.kind === kind).map(({ metadata }) => metadata.name);
const gatehouseContainers = (manifests: readonly Manifest[]) =>
  workloadsOf(manifests)
    .filter(({ kind }) => kind !== 'StatefulSet')
    .flatMap(containersOf);

let secrets: Environment;
beforeAll(async () => {
  secrets = await siteSecrets();
});

describe('the folders of deploy/k8s', () => {
  const folders = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .map((path) => join(ROOT, path))
    .filter((path) => statSync(path).isDirectory() && readdirSync(path).includes('kustomization.yaml'));

  it.each(folders)('%s has no file that its kustomization does not use', (folder) => {
    const text = readFileSync(join(folder, 'kustomization.yaml'), 'utf8');
    const unused = readdirSync(folder).filter((name) => name !== 'kustomization.yaml' && !text.includes(name));
    expect(unused).toEqual([]);
  });
});

/** Secrets that operators create themselves, outside of the overlay. */
const OPERATOR_SECRETS = [
  operatorSecret('administrator', { ADMIN_PASSWORD: 'of the administrator' }),
  ...['nats', 'owner', ...SERVICES].map((name) =>
    operatorSecret(`${name}-tls`, { 'ca.crt': 'a CA', 'tls.crt': 'a certificate', 'tls.key': 'a key' }),
  ),
];

describe.skipIf(!renderer)('deploy/k8s', () => {
  const rendered = new Map<string, Manifest[]>();
  beforeAll(() => {
    for (const { site, ...layers } of SITES) rendered.set(site, renderSite({ ...layers, secrets }));
  });

  it(
    'matches the types of the Kubernetes API without unknown fields',
    () => {
      expect(schemaFaults([...rendered.values()].flat())).toEqual([]);
    },
    TYPES_TIMEOUT_MS,
  );

  it(
    'is compared with types that refuse an unknown field',
    () => {
      const [{ site } = { site: '' }] = SITES;
      const wrong = { ...find(rendered.get(site) ?? [], 'Deployment', 'gateway'), replicas: 2 } as Manifest;
      expect(schemaFaults([wrong]).join()).toMatch(/replicas.* does not exist in type 'Deployment'/);
    },
    TYPES_TIMEOUT_MS,
  );

  it('is checked by rules that find breaches of the pod security standard', () => {
    const gateway = structuredClone(find(rendered.get('small') ?? [], 'Deployment', 'gateway'));
    const pod = podOf(gateway).spec;
    Object.assign(pod, {
      hostNetwork: true,
      volumes: [{ name: 'node', hostPath: { path: '/' } }],
      securityContext: {},
    });
    Object.assign(pod.containers[0]!, { securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN'] } } });
    expect(restrictedFaults(gateway)).toEqual(
      [
        ...['uses a namespace of the node', 'has a volume of a type that is not allowed', 'is privileged'],
        ...[
          'may gain privileges',
          'keeps capabilities',
          'adds capabilities',
          'may run as root',
          'has no seccomp profile',
        ],
      ].map((fault) => `gateway ${fault}`),
    );
  });

  describe.each(SITES)('as $site', ({ site, overlay }) => {
    let manifests: readonly Manifest[];
    beforeAll(() => {
      manifests = rendered.get(site) ?? [];
    });

    it('has a deployment for each service of docker-compose.yml and of the catalogue, and for nothing else', () => {
      expect(namesOf(manifests, 'Deployment').sort()).toEqual([...SERVICES].sort());
      const composed = [...compose.matchAll(/command: \[dist\/apps\/(\w+)\/src\/main\.js\]/g)];
      expect(composed.map(([, name = '']) => name).sort()).toEqual([...SERVICES].sort());
    });

    it.each(SERVICES)('runs %s with its own secrets, and with no other secret', (service) => {
      const deployment = find(manifests, 'Deployment', service);
      const [container] = containersOf(deployment);
      expect(container?.args).toEqual([`dist/apps/${service}/src/main.js`]);
      const { environment, files } = inputOf([...manifests, ...OPERATOR_SECRETS], deployment, container!);
      const given = [...Object.values(environment), ...Object.values(files)];
      const known = Object.entries(secrets).filter(([, secret]) => given.some((value) => value.includes(secret)));
      const expected = [
        `NATS_NKEY_SEED_${service.toUpperCase()}`,
        ...(NEEDS[service]?.includes('data') ? [`DATABASE_PASSWORD_${service.toUpperCase()}`] : []),
        ...(SECRETS[service] ?? []),
      ];
      expect(known.map(([name]) => name).sort()).toEqual(expected.sort());
      const paths = Object.entries(environment).filter(([name]) => name.endsWith('_FILE'));
      for (const [, path] of paths) expect(Object.keys(files)).toContain(path);
    });

    it('has pods that satisfy the pod security standard restricted, which the namespace enforces', () => {
      expect(workloadsOf(manifests).flatMap(restrictedFaults)).toEqual([]);
      const { labels } = find(manifests, 'Namespace', 'gatehouse').metadata;
      expect(labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    });

    it('gives every process secrets and a database URL that it can read', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'gatehouse-secrets-'));
      const objects = [...manifests, ...OPERATOR_SECRETS];
      for (const workload of workloadsOf(manifests).filter(({ kind }) => kind !== 'StatefulSet'))
        for (const container of containersOf(workload)) {
          const local = localEnvironment(inputOf(objects, workload, container), folder);
          const { DATABASE_URL } = resolveEnvironment(local);
          expect(DATABASE_URL).toMatch(site.includes('tls') ? /sslmode=verify-full/ : /^postgres:[^?]+$/);
        }
      await rm(folder, { recursive: true });
    });

    it('puts every object into the namespace gatehouse', () => {
      const outside = manifests.filter(({ metadata }) => metadata.namespace !== 'gatehouse');
      expect(outside.map(({ kind }) => kind).sort()).toEqual(
        overlay === 'ha' ? ['Namespace', 'PriorityClass'] : ['Namespace'],
      );
    });

    it('runs one image everywhere, and the servers of docker-compose.yml in exact versions', () => {
      const images = new Set(gatehouseContainers(manifests).map(({ image }) => image));
      expect([...images]).toEqual(['registry.example.org/gatehouse:1.0.0']);
      const servers = manifests.filter(({ kind }) => kind === 'StatefulSet').flatMap(containersOf);
      expect(servers.length).toBeGreaterThan(0);
      for (const { image } of servers) {
        expect(image).toMatch(/:\d+\.\d+(\.\d+)?-alpine$/);
        expect(compose).toContain(`image: ${image}\n`);
      }
    });

    it('has probes for every long-running pod, with a timeout of at least five seconds', () => {
      for (const workload of workloadsOf(manifests).filter(({ kind }) => /Deployment|StatefulSet/.test(kind)))
        for (const { startupProbe, livenessProbe, readinessProbe } of containersOf(workload))
          for (const probe of [startupProbe, livenessProbe, readinessProbe])
            expect(probe?.timeoutSeconds).toBeGreaterThanOrEqual(5);
      for (const service of SERVICES) {
        const [container] = containersOf(find(manifests, 'Deployment', service));
        const { ports, startupProbe, livenessProbe, readinessProbe } = container!;
        expect(ports).toContainEqual({ name: 'monitoring', containerPort: 9001 });
        const monitoring = (path: string) => ({ httpGet: { path, port: 'monitoring' } });
        expect(startupProbe).toMatchObject(monitoring('/-/health/live/'));
        expect(livenessProbe).toMatchObject(monitoring('/-/health/live/'));
        expect(readinessProbe).toMatchObject(monitoring('/-/health/ready/'));
      }
    });

    it.each(SERVICES)('gives %s the time to finish its work when it stops', (service) => {
      const { terminationGracePeriodSeconds } = podOf(find(manifests, 'Deployment', service)).spec;
      const delay = service === 'gateway' ? gatewaySettings.shape.SHUTDOWN_DELAY_S.parse(undefined) : 0;
      const work = service === 'courier' ? courierSettings.parse({}).MAIL_DEADLINE_S : DRAIN_MS / 1000;
      expect(terminationGracePeriodSeconds).toBeGreaterThan(delay + work + 5);
    });

    it('has labels that select the objects of each step of an upgrade', () => {
      const componentOf = ({ metadata }: Manifest) => metadata.labels?.['app.kubernetes.io/component'];
      const selected = (component: string, kinds: RegExp) =>
        manifests.filter((manifest) => componentOf(manifest) === component && kinds.test(manifest.kind));
      const jobs = ['migrate', 'stream'].map((name) => find(manifests, 'Job', name));
      expect(selected('migration', /./)).toEqual(jobs);
      expect(selected('gateway', /./)).toEqual([find(manifests, 'Deployment', 'gateway')]);
      expect(
        selected('service', /./)
          .map(({ metadata }) => metadata.name)
          .sort(),
      ).toEqual(SERVICES.filter((service) => service !== 'gateway').sort());
    });

    it('leaves the number of replicas to autoscalers and to kubectl scale', () => {
      const fixed = manifests.filter(({ kind, spec }) => kind === 'Deployment' && spec.replicas !== undefined);
      expect(fixed).toEqual([]);
    });

    it('sets only settings that processes know', () => {
      const known = readFileSync('docs/reference/config.md', 'utf8');
      const names = workloadsOf(manifests)
        .filter(({ kind }) => kind !== 'StatefulSet')
        .flatMap((workload) =>
          containersOf(workload).flatMap((container) =>
            Object.keys(inputOf([...manifests, ...OPERATOR_SECRETS], workload, container).environment),
          ),
        );
      const others = new Set(['ADMIN_PASSWORD', 'UV_THREADPOOL_SIZE', 'NODE_EXTRA_CA_CERTS', 'GATEHOUSE_DIR']);
      const unknown = [...new Set(names)]
        .map((name) => name.replace(/_FILE$/, '').replace(/^(DATABASE_PASSWORD_)[A-Z]+$/, '$1<SERVICE>'))
        .filter((name) => !others.has(name) && !known.includes(`\`${name}\``));
      expect(unknown).toEqual([]);
    });
  });

  it('rolls out every pod when a setting or a secret has changed', () => {
    const templates = (all: readonly Manifest[]) =>
      all.filter(({ kind }) => kind === 'Deployment').map((deployment) => JSON.stringify(podOf(deployment)));
    const before = templates(rendered.get('small') ?? []);
    const settings = 'BASE_URL=https://id.example.org\nANONYMOUS_RATE=5\n';
    const changes = [{ settings }, { secrets: { ...secrets, SECRET_KEY: 'another-secret-key-of-32-characters' } }]; // not-a-secret
    for (const change of changes) {
      const after = templates(renderSite({ secrets, ...change }));
      expect(after.filter((template) => before.includes(template))).toEqual([]);
    }
  });

  it('gives every process the settings of the overlay, also in place of those of the base', () => {
    const settings = {
      ANONYMOUS_RATE: '7',
      MAIL_FROM: 'id@example.org',
      PASSWORD_CONCURRENCY: '5',
      UV_THREADPOOL_SIZE: '7',
    };
    const lines = Object.entries(settings).map((pair) => `${pair.join('=')}\n`);
    const manifests = renderSite({ secrets, settings: lines.join('') });
    for (const service of SERVICES) {
      const deployment = find(manifests, 'Deployment', service);
      expect(inputOf(manifests, deployment, containersOf(deployment)[0]!).environment).toMatchObject(settings);
    }
  });

  it('has an example overlay, which deploy-on-kubernetes.md tells operators to copy', () => {
    const example = parse(readFileSync(`${ROOT}/overlays/example/kustomization.yaml`, 'utf8')) as {
      resources: string[];
    };
    expect(example.resources).toEqual(['../small']);
    expect(readFileSync('docs/how-to/deploy-on-kubernetes.md', 'utf8')).toContain('deploy/k8s/overlays/example');
  });
});
