import ipaddr from 'ipaddr.js';
import type { ContainerPort } from 'kubernetes-types/core/v1.js';
import type { LabelSelector } from 'kubernetes-types/meta/v1.js';
import type {
  IPBlock,
  NetworkPolicyEgressRule,
  NetworkPolicyIngressRule,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from 'kubernetes-types/networking/v1.js';
import { containersOf, type Manifest, podOf } from './kubernetes.js';

type Labels = Readonly<Record<string, string>>;

/** A pod. The policies of the deployment restrict it only if it is in the same namespace. */
export interface Pod {
  readonly name: string;
  readonly labels: Labels;
  /** Name of the namespace. `undefined` for the namespace of the deployment. */
  readonly namespace?: string;
  readonly ports: readonly ContainerPort[];
}

/** The end of a connection: a pod, or an address outside the cluster. */
export type Endpoint = Pod | { readonly address: string };

/** The port to which a client connects. */
export interface Port {
  readonly port: number;
  readonly protocol?: string;
}

/** Returns the pod that a workload makes. */
export const workloadPod = (workload: Manifest): Pod => ({
  name: workload.metadata.name,
  labels: podOf(workload).metadata.labels ?? {},
  ports: containersOf(workload).flatMap(({ ports = [] }) => ports),
});

/** A connection that a client may try. */
export interface Connection extends Port {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** Returns whether the network policies of a deployment allow a connection. */
export function mayConnect(manifests: readonly Manifest[], { from, to, ...port }: Connection): boolean {
  const policies = manifests
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map(({ spec }) => spec as unknown as NetworkPolicySpec);
  const egress = rulesFor(policies, 'Egress', from)?.map(({ to: peers, ports }) => ({ peers, ports }));
  const ingress = rulesFor(policies, 'Ingress', to)?.map(({ from: peers, ports }) => ({ peers, ports }));
  const allows = (rules: Rules | undefined, peer: Endpoint) =>
    rules === undefined || rules.some((rule) => matchesPeer(rule.peers, peer) && matchesPort(rule.ports, to, port));
  return allows(egress, to) && allows(ingress, from);
}

type Rules = readonly {
  readonly peers: readonly NetworkPolicyPeer[] | undefined;
  readonly ports: readonly NetworkPolicyPort[] | undefined;
}[];

/** Returns the rules of all policies that select an endpoint, or `undefined` if no policy restricts it. */
function rulesFor(
  policies: readonly NetworkPolicySpec[],
  type: 'Egress',
  pod: Endpoint,
): NetworkPolicyEgressRule[] | undefined;
function rulesFor(
  policies: readonly NetworkPolicySpec[],
  type: 'Ingress',
  pod: Endpoint,
): NetworkPolicyIngressRule[] | undefined;
function rulesFor(policies: readonly NetworkPolicySpec[], type: 'Egress' | 'Ingress', pod: Endpoint) {
  if ('address' in pod || pod.namespace !== undefined) return undefined;
  const selecting = policies.filter(
    ({ policyTypes, podSelector }) => policyTypes?.includes(type) && matchesLabels(podSelector, pod.labels),
  );
  if (selecting.length === 0) return undefined;
  return selecting.flatMap(({ egress = [], ingress = [] }) => (type === 'Egress' ? egress : ingress));
}

/** Returns whether an endpoint is among the peers of a rule. A rule without peers applies to every endpoint. */
const matchesPeer = (peers: readonly NetworkPolicyPeer[] | undefined, endpoint: Endpoint): boolean =>
  !peers?.length ||
  peers.some(({ ipBlock, namespaceSelector, podSelector }) => {
    if ('address' in endpoint) return ipBlock !== undefined && contains(ipBlock, endpoint.address);
    if (ipBlock) return false;
    const namespace = { 'kubernetes.io/metadata.name': endpoint.namespace ?? 'gatehouse' };
    const inNamespace = namespaceSelector
      ? matchesLabels(namespaceSelector, namespace)
      : endpoint.namespace === undefined;
    return inNamespace && (!podSelector || matchesLabels(podSelector, endpoint.labels));
  });

/**
 * Returns whether a rule applies to a port. A rule without ports applies to every port. The containers of the pod
 * define named ports.
 */
const matchesPort = (ports: readonly NetworkPolicyPort[] | undefined, to: Endpoint, { port, protocol = 'TCP' }: Port) =>
  !ports?.length ||
  ports.some((rule) => {
    const named = 'ports' in to ? to.ports.filter(({ name }) => name === rule.port) : [];
    const numbers =
      typeof rule.port === 'string' ? named.map(({ containerPort }) => containerPort) : [rule.port ?? port];
    return numbers.includes(port) && (rule.protocol ?? 'TCP') === protocol;
  });

function matchesLabels({ matchLabels = {}, matchExpressions }: LabelSelector, labels: Labels): boolean {
  if (matchExpressions) throw new Error('matchExpressions are not supported. Extend matchesLabels.');
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}

function contains({ cidr, except = [] }: IPBlock, address: string): boolean {
  const parsed = ipaddr.parse(address);
  const within = (network: string) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === parsed.kind() && parsed.match(base, bits);
  };
  return within(cidr) && !except.some(within);
}
