import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DocumentedCommands } from '../support/documented-commands.js';
import { PageShell } from '../support/page-shell.js';
import { containersOf, find, renderer } from './kubernetes.js';
import { ManifestCluster } from './manifest-cluster.js';

const MINE = 'deploy/k8s/overlays/mine';
const SITE = `${MINE}/kustomization.yaml`;
const PASSWORD = 'correct-horse-7';
/** Timeout in milliseconds of a test that renders a site more than once, on a loaded machine. */
const TIMEOUT_MS = 120_000;

const pageOf = (name: string) => DocumentedCommands.of(`docs/how-to/${name}.md`);

/** The commands are run with `ManifestCluster`, so this tests names, labels and files, but not Kubernetes itself. */
describe.skipIf(!renderer)('the documented commands for Kubernetes', { timeout: TIMEOUT_MS }, () => {
  const page = pageOf('deploy-on-kubernetes');
  const cluster = new ManifestCluster(() => shell.folder);
  let shell: PageShell;
  beforeAll(async () => {
    const refused = () => Promise.reject(new Error('this page must run no command of the CLI'));
    shell = await PageShell.open(refused, { kubectl: cluster.kubectl });
    await shell.runOk(page.block('sh', /^cp -r /));
    await shell.runOk(page.block('sh', /^kubectl apply -k .*\n.*wait/));
  });
  afterAll(() => shell?.close());

  const applyChanges = page.block('sh', /^kubectl -n gatehouse delete job.*\nkubectl apply -k/);

  /** Adds lines of YAML to the overlay of the page. */
  async function addToSite(yaml: string): Promise<void> {
    const path = join(shell.folder, SITE);
    await writeFile(path, `${await readFile(path, 'utf8')}${yaml}`);
  }

  it('create the first administrator', async () => {
    const script = page.block('sh', /ADMIN_PASSWORD/);
    const until = script.slice(0, script.indexOf('kubectl -n gatehouse delete'));
    await shell.runOk(until, { stdin: `${PASSWORD}\n` });
    expect(find(cluster.objects, 'Secret', 'administrator').data).toEqual({ ADMIN_PASSWORD: PASSWORD });
    await shell.runOk(script.slice(until.length));
    expect(cluster.objects.filter(({ metadata }) => metadata.name === 'administrator')).toMatchObject([
      { kind: 'CronJob' },
    ]);
  });

  it('run a command of the operator', async () => {
    await shell.runOk(page.block('sh', /create job unlock-alice/));
    const [container] = containersOf(find(cluster.objects, 'Job', 'unlock-alice'));
    expect(container?.args).toEqual(['dist/apps/cli/src/user.js', 'unlock', 'alice']);
  });

  it('give the operator blueprints in a ConfigMap', async () => {
    await shell.write('mine.yaml', 'version: 1\nentries: []\n');
    await shell.runOk(page.block('sh', /create configmap/));
    const volumes = find(cluster.objects, 'CronJob', 'operator').spec.jobTemplate?.spec.template.spec.volumes;
    expect(volumes).toContainEqual(
      expect.objectContaining({ configMap: expect.objectContaining({ name: 'blueprints' }) }),
    );
  });

  it('apply a changed setting, upgrade and scale', async () => {
    await shell.runOk(`echo BRAND=Example >> ${MINE}/settings.env\n${applyChanges}`);
    await shell.runOk(page.block('sh', /^kubectl kustomize/));
    await shell.runOk(page.block('sh', /^kubectl -n gatehouse scale/));
    await shell.runOk(pageOf('scale').block('sh', /^kubectl/));
    expect(find(cluster.objects, 'Job', 'migrate')).toBeDefined();
  });

  it('change an nkey', async () => {
    const publicKey = () =>
      /^NATS_NKEY_MFA=(.+)$/m.exec(readFileSync(join(shell.folder, MINE, 'secrets.env'), 'utf8'))![1];
    const before = publicKey();
    await shell.runOk(`sed -i -E '/^NATS_NKEY_(SEED_)?MFA=/d' ${MINE}/secrets.env`);
    await shell.runOk(pageOf('rotate-secrets').block('sh', /^npm run deploy:env -- /));
    expect(publicKey()).not.toBe(before);
  });

  it('delete the NATS of version 0.1 before it is replaced', async () => {
    const before = [...cluster.objects];
    await shell.runOk(page.block('sh', /delete statefulset,service nats/));
    expect(before.length - cluster.objects.length).toBe(2);
    cluster.objects.splice(0, Infinity, ...before);
  });

  it('store the certificates in the Secrets that the component tls mounts', async () => {
    const script = page.block('sh', /secret generic "\$name-tls"/);
    const names = /^for name in (.*); do$/m.exec(script)![1]!.split(' ');
    await shell.write('ca.crt', 'ca');
    for (const name of names) for (const end of ['crt', 'key']) await shell.write(`${name}.${end}`, `${name}.${end}`);
    await shell.runOk(script);
    await addToSite('components: [../../components/tls]\n');
    await shell.runOk(applyChanges);
    const mounted = [...JSON.stringify(cluster.objects).matchAll(/"(?:secretName|name)":"([\w-]+-tls)"/g)];
    expect(new Set(mounted.map(([, name]) => name))).toEqual(new Set(names.map((name) => `${name}-tls`)));
  });

  it('let the processes connect to a Postgres outside the cluster and to a collector of traces', async () => {
    await addToSite(page.block('yaml', /name: to-postgres/));
    await shell.write(`${MINE}/to-collector.yaml`, pageOf('trace-a-login').block('yaml', /kind: NetworkPolicy/));
    await shell.runOk(`sed -i 's|^resources: .*|resources: [../small, to-collector.yaml]|' ${SITE}`);
    await shell.runOk(applyChanges);
    const egress = find(cluster.objects, 'NetworkPolicy', 'to-postgres').spec['egress'];
    expect(egress).toContainEqual({ ports: [{ port: 5432 }], to: [{ ipBlock: { cidr: '10.20.0.5/32' } }] });
    expect(find(cluster.objects, 'NetworkPolicy', 'to-collector').metadata.namespace).toBe('gatehouse');
  });

  it('add monitoring, and an external stage', async () => {
    const { components: monitoring } = parse(pageOf('observe').block('yaml', /components\/monitoring/));
    const stage = pageOf('write-a-stage-in-another-language');
    await shell.runOk(stage.block('sh', /stage-deployment\/kubernetes/));
    const { components: stages } = parse(stage.block('yaml', /^components:/));
    await shell.runOk(`sed -i 's|^components: .*|components: ${JSON.stringify([...monitoring, ...stages])}|' ${SITE}`);
    await shell.runOk(applyChanges);
    expect(find(cluster.objects, 'PodMonitor', 'gatehouse')).toBeDefined();
    expect(find(cluster.objects, 'Deployment', 'x-example-code')).toBeDefined();
  });

  it('name only existing Deployments, pods and selectors in the runbooks', async () => {
    const runbooks = DocumentedCommands.of('docs/how-to/runbooks.md');
    const functions = runbooks.block('sh', /^ask\(\) \{ kubectl/);
    const lines = runbooks.all('sh').flatMap((block) => block.split('\n'));
    const commands = lines.filter((line) => /^(ask|sql|logs|kubectl) /.test(line)).map((line) => line.split(' | ')[0]!);
    expect(commands.length).toBeGreaterThan(50);
    await shell.runOk(`${functions}${[...new Set(commands)].join('\n')}`);
  });
});
