import { isPublicAddress } from '@gatehouse/platform';
import { beforeAll, describe, expect, it } from 'vitest';
import { NEEDS, type Need } from './catalogue.js';
import { type Manifest, renderer, renderSite, siteSecrets, workloadsOf } from './kubernetes.js';
import { type Endpoint, mayConnect, type Pod, workloadPod } from './network-policies.js';

/**
 * The connections of the pods that run no service, that is, of servers and commands. NEEDS in catalogue.ts lists those
 * of the services.
 */
const OTHER_NEEDS: Readonly<Record<string, readonly Need[]>> = {
  blueprints: ['bus', 'data'],
  administrator: ['bus', 'data'],
  nats: [],
  postgres: [],
};
const needsOf = (pod: Pod): readonly Need[] => {
  const needs = OTHER_NEEDS[pod.name] ?? NEEDS[pod.name];
  if (!needs) throw new Error(`add ${pod.name} to NEEDS in catalogue.ts or to OTHER_NEEDS`);
  return needs;
};

const PROMETHEUS: Pod = { name: 'prometheus', namespace: 'monitoring', labels: {}, ports: [] };
const OTHER_POD: Pod = {
  name: 'a pod of another namespace',
  namespace: 'other',
  labels: { 'reaches-nats': 'yes' },
  ports: [],
};
const DNS: Pod = { name: 'dns', namespace: 'kube-system', labels: {}, ports: [] };
const VISITOR: Endpoint = { address: '198.41.0.4' };
const nameOf = (endpoint: Endpoint) => ('address' in endpoint ? endpoint.address : endpoint.name);

/** Returns whether the catalogue lets a client connect to a named port of a pod. */
function isNeeded(client: Endpoint, server: Pod, port: string): boolean {
  if (port === 'monitoring') return client === PROMETHEUS;
  if (port === 'http') return client === PROMETHEUS || client === OTHER_POD || client === VISITOR;
  if ('address' in client || client.namespace !== undefined) return false;
  if (port === 'routes') return client.name === 'nats';
  const need: Need = server.name === 'nats' ? 'bus' : 'data';
  return needsOf(client).includes(need);
}

const PUBLIC = ['1.1.1.1', '198.41.0.4', '2606:4700::1111'];
const PRIVATE = [
  ...['10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '127.0.0.1', '0.0.0.1', '224.0.0.1'],
  ...['fd00::1', 'fe80::1', 'ff02::1', '::1', '64:ff9b::a00:1', '2002:a00:1::1', '2001::1', '2001:db8::1'],
];

describe.skipIf(!renderer).each(['small', 'ha'])('the network policies of deploy/k8s/overlays/%s', (overlay) => {
  let manifests: Manifest[];
  let pods: Pod[];
  beforeAll(async () => {
    manifests = renderSite({ overlay, secrets: await siteSecrets() });
    pods = workloadsOf(manifests).map(workloadPod);
  });

  it('let each client connect to the ports that the catalogue lists, and to no other port', () => {
    const clients: Endpoint[] = [...pods, PROMETHEUS, OTHER_POD, VISITOR];
    const pairs = clients.flatMap((client) =>
      pods.flatMap((server) => server.ports.map((port) => ({ client, server, port }))),
    );
    const describePair = ({ client, server, port }: (typeof pairs)[number]) =>
      `${nameOf(client)} to ${port.name} of ${server.name}`;
    const allowed = pairs.filter(({ client, server, port }) =>
      mayConnect(manifests, { from: client, to: server, port: port.containerPort }),
    );
    const needed = pairs.filter(({ client, server, port }) => isNeeded(client, server, port.name ?? ''));
    expect(needed.length).toBeGreaterThan(pods.length);
    expect(allowed.map(describePair)).toEqual(needed.map(describePair));
  });

  it('let no client connect to a port that no container declares', () => {
    const clients: Endpoint[] = [...pods, PROMETHEUS, OTHER_POD, VISITOR];
    const reached = clients.flatMap((client) =>
      pods.filter((pod) => mayConnect(manifests, { from: client, to: pod, port: 9229 })),
    );
    expect(reached).toEqual([]);
  });

  it('let only services that need the internet connect to it, and only to the ports of HTTPS and mail', () => {
    const reached = pods.flatMap((pod) =>
      [25, 80, 443, 465, 587, 5432].flatMap((port) =>
        PUBLIC.filter((address) => mayConnect(manifests, { from: pod, to: { address }, port })).map(
          (address) => `${pod.name} ${address} ${port}`,
        ),
      ),
    );
    const expected = pods
      .filter((pod) => needsOf(pod).includes('world'))
      .flatMap((pod) => {
        const ports = pod.name === 'courier' ? [25, 443, 465, 587] : [443];
        return ports.flatMap((port) => PUBLIC.map((address) => `${pod.name} ${address} ${port}`));
      });
    expect(reached).toEqual(expected);
  });

  it.each(PRIVATE)('keep every pod from the address %s, which HTTP clients refuse too', (address) => {
    expect(isPublicAddress(address)).toBe(false);
    const reached = pods.filter((pod) => mayConnect(manifests, { from: pod, to: { address }, port: 443 }));
    expect(reached).toEqual([]);
  });

  it('let every pod resolve names, but only in the cluster or on its node', () => {
    for (const pod of pods)
      for (const protocol of ['UDP', 'TCP'])
        for (const resolver of [DNS, { address: '169.254.20.10' }])
          expect(mayConnect(manifests, { from: pod, to: resolver, port: 53, protocol })).toBe(true);
    const elsewhere = pods.filter((pod) => mayConnect(manifests, { from: pod, to: { address: '1.1.1.1' }, port: 53 }));
    expect(elsewhere).toEqual([]);
  });
});
