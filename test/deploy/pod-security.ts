import type { Container, SecurityContext } from 'kubernetes-types/core/v1.js';
import { containersOf, type Manifest, podOf } from './kubernetes.js';

/** Volume types that the pod security standard `restricted` allows. */
const VOLUMES = [
  ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'],
];
const SECCOMP_PROFILES = ['RuntimeDefault', 'Localhost'];

/** Returns the rules of the pod security standard `restricted` that the pods of a workload break. */
export function restrictedFaults(workload: Manifest): string[] {
  const pod = podOf(workload).spec;
  const { securityContext = {}, volumes = [] } = pod;
  const faults = [
    (pod.hostNetwork || pod.hostPID || pod.hostIPC) && 'uses a namespace of the node',
    securityContext.sysctls && 'sets sysctls',
    volumes.some((volume) => !VOLUMES.some((type) => type in volume)) && 'has a volume of a type that is not allowed',
    securityContext.runAsUser === 0 && 'runs as root',
    ...containersOf(workload).flatMap((container) => [
      ...containerFaults(container),
      !(container.securityContext?.runAsNonRoot ?? securityContext.runAsNonRoot) && 'may run as root',
      !SECCOMP_PROFILES.includes(
        (container.securityContext?.seccompProfile ?? securityContext.seccompProfile)?.type ?? 'none',
      ) && 'has no seccomp profile',
    ]),
  ];
  return faults.filter((fault) => typeof fault === 'string').map((fault) => `${workload.metadata.name} ${fault}`);
}

/** The rules about the security context of a container. */
const CONTAINER_RULES: Readonly<Record<string, (context: SecurityContext) => boolean | undefined>> = {
  'is privileged': ({ privileged }) => privileged,
  'may gain privileges': ({ allowPrivilegeEscalation }) => allowPrivilegeEscalation !== false,
  'keeps capabilities': ({ capabilities }) => !capabilities?.drop?.includes('ALL'),
  'adds capabilities': ({ capabilities }) => capabilities?.add?.some((name) => name !== 'NET_BIND_SERVICE'),
  'runs as root': ({ runAsUser }) => runAsUser === 0,
  'has another /proc': ({ procMount = 'Default' }) => procMount !== 'Default',
  'sets SELinux options': ({ seLinuxOptions }) => seLinuxOptions !== undefined,
};

const containerFaults = ({ securityContext = {}, ports = [] }: Container) => [
  ...Object.entries(CONTAINER_RULES).map(([fault, isBroken]) => isBroken(securityContext) && fault),
  ports.some(({ hostPort }) => hostPort) && 'has a port of the node',
];
