import { cpSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithNats, startNats } from '../support/nats.js';
import { freshEnvironment } from './env-file.js';
import { containersOf, find, inputOf, type Manifest, renderer, renderSite } from './kubernetes.js';
import { schemaFaults } from './kubernetes-schema.js';
import { mayConnect, workloadPod } from './network-policies.js';
import { restrictedFaults } from './pod-security.js';
import { deployStage } from './stage-user.js';

const NAME = 'x-example-code';
const KIND = 'x_example_code';
/** Timeout in milliseconds of a test that runs the compiler. */
const TYPES_TIMEOUT_MS = 120_000;

const describeIfRendered = renderer ? describeWithNats : describeWithNats.skip;

describeIfRendered('examples/stage-deployment/kubernetes, copied out of the repository', () => {
  let folder: string;
  let secrets: Awaited<ReturnType<typeof freshEnvironment>>;
  const rendered = new Map<string, Manifest[]>();

  beforeAll(async () => {
    secrets = await freshEnvironment();
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-stage-'));
    cpSync('examples/stage-deployment/kubernetes', folder, { recursive: true });
    await deployStage(folder, KIND, '.');
    const component = `../../../${basename(folder)}`;
    for (const overlay of ['small', 'ha', 'tls'])
      rendered.set(overlay, renderSite({ overlay, components: [component], secrets }));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it(
    'matches the types of the Kubernetes API, and the pod security standard',
    () => {
      const stages = [...rendered.values()].map((manifests) => find(manifests, 'Deployment', NAME));
      expect(schemaFaults(stages)).toEqual([]);
      expect(stages.flatMap(restrictedFaults)).toEqual([]);
    },
    TYPES_TIMEOUT_MS,
  );

  it.each(['small', 'ha', 'tls'])(
    'gives the NATS server of the overlay %s a user for the stage, and the stage only its nkey',
    async (overlay) => {
      const manifests = rendered.get(overlay)!;
      const stage = find(manifests, 'Deployment', NAME);
      const { environment, files } = inputOf(manifests, stage, containersOf(stage)[0]!);
      expect([Object.keys(environment).sort(), files]).toEqual([['NATS_NKEY_SEED', 'NATS_URL'], {}]);
      const server = find(manifests, 'StatefulSet', 'nats');
      const given = inputOf(manifests, server, { ...containersOf(server)[0]!, env: [] }).files;
      expect(given['/etc/nats/nats.conf']).toBe(await readFile('deploy/nats/nats.conf', 'utf8'));
      const config = given['/etc/nats/nats.conf']!;
      const users = given['/etc/nats/stages/users.conf']!;
      const nats = await startNats({ config, files: { 'stages/users.conf': users }, env: secrets });
      try {
        const authenticator = nkeyAuthenticator(new TextEncoder().encode(environment['NATS_NKEY_SEED']));
        await (await connect({ servers: nats.url, authenticator, reconnect: false })).close();
      } finally {
        await nats.stop();
      }
    },
  );

  it('lets the stage connect to NATS, but not to Postgres or the internet', () => {
    const manifests = rendered.get('small')!;
    const from = workloadPod(find(manifests, 'Deployment', NAME));
    const to = (name: string) => workloadPod(find(manifests, 'StatefulSet', name));
    expect(mayConnect(manifests, { from, to: to('nats'), port: 4222 })).toBe(true);
    expect(mayConnect(manifests, { from, to: to('postgres'), port: 5432 })).toBe(false);
    expect(mayConnect(manifests, { from, to: { address: '198.41.0.4' }, port: 443 })).toBe(false);
  });
});
