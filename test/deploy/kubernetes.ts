import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container, EnvVar, EnvVarSource, PodSpec, Volume } from 'kubernetes-types/core/v1.js';
import type { LabelSelector, ObjectMeta } from 'kubernetes-types/meta/v1.js';
import { parseAllDocuments } from 'yaml';
import type { Environment } from './compose.js';
import { freshEnvironment } from './env-file.js';
import { goEnvironment, isInstalled } from './installed.js';

/** The program that renders kustomizations, or `undefined` where none is installed (Debian package `kustomize`). */
export const renderer: readonly string[] | undefined = isInstalled('kustomize')
  ? ['kustomize', 'build']
  : isInstalled('kubectl')
    ? ['kubectl', 'kustomize']
    : undefined;

/** Pod template of a workload. */
export interface PodTemplate {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
}

/** A ConfigMap or a Secret. */
export interface ConfigObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
}

/** An object of a manifest, with the properties that the tests read. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta & { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly template: PodTemplate;
    readonly jobTemplate?: { readonly spec: { readonly template: PodTemplate } };
    readonly selector?: LabelSelector;
    readonly replicas?: number;
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
    readonly scaleTargetRef?: { readonly name: string };
    readonly strategy?: { readonly rollingUpdate?: { readonly maxSurge?: number } };
    readonly [other: string]: unknown;
  };
}

/** Parses the objects of a YAML text with several documents. */
const manifestsOf = (text: string): Manifest[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Manifest);

/** Renders a kustomization and returns its objects. Throws with the message of the renderer. */
export function render(folder: string): Manifest[] {
  const [program = '', ...args] = renderer ?? [];
  const options = { encoding: 'utf8', env: goEnvironment(), stdio: 'pipe', maxBuffer: 1e8 } as const;
  return manifestsOf(execFileSync(program, [...args, folder], options));
}

/** What `renderSite` changes in the example overlay. */
export interface Site {
  /** Path of the overlay that it extends, below deploy/k8s/overlays. */
  readonly overlay?: string;
  /** Names of folders in deploy/k8s/components. */
  readonly components?: readonly string[];
  readonly settings?: string;
  readonly secrets: Environment;
}

let secrets: Promise<Environment> | undefined;
const renderedSites = new Map<string, Manifest[]>();

/** Returns the secrets of a site, which are the same for all test files of a worker, so that they can share sites. */
export const siteSecrets = (): Promise<Environment> => (secrets ??= freshEnvironment());

/**
 * Renders a copy of deploy/k8s/overlays/example with other settings, as an operator would write it. Renders each site once
 * for all test files of a worker, and returns a copy.
 */
export function renderSite({ overlay = 'small', components = [], settings = '', secrets }: Site): Manifest[] {
  const site = { overlay, components, settings, secrets };
  const key = JSON.stringify(site);
  const manifests = renderedSites.get(key) ?? renderCopy(site);
  renderedSites.set(key, manifests);
  return structuredClone(manifests);
}

function renderCopy({ overlay, components, settings, secrets }: Required<Site>): Manifest[] {
  const copy = mkdtempSync(join(tmpdir(), 'gatehouse-k8s-'));
  try {
    cpSync('deploy', copy, { recursive: true });
    const folder = join(copy, 'k8s/overlays/mine');
    cpSync(join(copy, 'k8s/overlays/example'), folder, { recursive: true });
    const path = join(folder, 'kustomization.yaml');
    const [document] = parseAllDocuments(readFileSync(path, 'utf8'));
    const site = {
      ...(document?.toJS() as object),
      resources: [`../${overlay}`],
      components: components.map((name) => `../../components/${name}`),
    };
    writeFileSync(path, JSON.stringify(site));
    if (settings) writeFileSync(join(folder, 'settings.env'), settings);
    writeFileSync(
      join(folder, 'secrets.env'),
      Object.entries(secrets)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    return render(folder);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** Kinds of objects that have a pod template. */
const WORKLOADS = ['Deployment', 'StatefulSet', 'Job', 'CronJob'];

/** Returns the objects that have a pod template. */
export const workloadsOf = (manifests: readonly Manifest[]): Manifest[] =>
  manifests.filter(({ kind }) => WORKLOADS.includes(kind));

/** Returns the pod template of a workload. */
export const podOf = ({ spec }: Manifest): PodTemplate => spec.jobTemplate?.spec.template ?? spec.template;

/** Returns all containers of a workload, the init containers first. */
export const containersOf = (workload: Manifest): Container[] => {
  const { initContainers = [], containers } = podOf(workload).spec;
  return [...initContainers, ...containers];
};

/** Returns the object of a kind and a name. Throws when there is none. */
export function find<T extends ConfigObject>(manifests: readonly T[], kind: string, name: string): T {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (!found) throw new Error(`the objects include no ${kind} ${name}`);
  return found;
}

/** Returns a Secret that an operator creates outside of the overlay. */
export const operatorSecret = (name: string, values: Environment): ConfigObject => ({
  ...{ kind: 'Secret', metadata: { name } },
  data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
});

/** The configuration that a container gets. */
export interface ContainerInput {
  /** Its environment, from values, ConfigMaps, Secrets and fields of the pod. */
  readonly environment: Environment;
  /** The files of its volumes from ConfigMaps and Secrets, by path. */
  readonly files: Environment;
}

/**
 * Returns the configuration that a container of a workload gets from the rendered objects. Throws when a reference has
 * no target.
 */
export function inputOf(manifests: readonly ConfigObject[], workload: Manifest, container: Container): ContainerInput {
  const environment: Record<string, string> = {};
  const maps = (container.envFrom ?? []).map(({ configMapRef, secretRef }) =>
    secretRef ? secretOf(manifests, secretRef.name ?? '') : find(manifests, 'ConfigMap', configMapRef?.name ?? '').data,
  );
  for (const variable of container.env ?? []) {
    const value = valueOf(manifests, variable);
    if (value !== undefined) environment[variable.name] = substitute(value, environment);
  }
  const volumes = new Map(podOf(workload).spec.volumes?.map((volume) => [volume.name, volume]));
  const files = (container.volumeMounts ?? []).map(({ name, mountPath }) =>
    filesOf(manifests, volumes.get(name), mountPath),
  );
  return { environment: Object.assign({}, ...maps, environment), files: Object.assign({}, ...files) as Environment };
}

/** Substitutes variables of `env` that are defined before, as Kubernetes does. Throws when one is not defined. */
const substitute = (value: string, environment: Environment): string =>
  value.replaceAll(/\$\((\w+)\)/g, (_, name: string) => {
    const found = environment[name];
    if (found === undefined) throw new Error(`${value} uses ${name}, which no variable above defines`);
    return found;
  });

function valueOf(manifests: readonly ConfigObject[], { name, value, valueFrom }: EnvVar): string | undefined {
  if (value !== undefined) return value;
  if (valueFrom?.fieldRef) return `<${valueFrom.fieldRef.fieldPath}>`;
  const found = referencedValue(manifests, valueFrom ?? {});
  if (found === undefined && !valueFrom?.secretKeyRef?.optional) throw new Error(`${name} refers to a missing key`);
  return found;
}

/** Writes the files of a container to a folder of this machine. Returns its environment with the paths of the copies. */
export function localEnvironment({ environment, files }: ContainerInput, folder: string): Record<string, string> {
  const copies = new Map<string, string>();
  for (const [path, text] of Object.entries(files)) {
    copies.set(path, join(folder, path.replaceAll('/', '-')));
    writeFileSync(join(folder, path.replaceAll('/', '-')), text);
  }
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, copies.get(value) ?? value]));
}

function referencedValue(manifests: readonly ConfigObject[], source: EnvVarSource): string | undefined {
  const { configMapKeyRef: setting, secretKeyRef: secret } = source;
  if (setting) return find(manifests, 'ConfigMap', setting.name ?? '').data?.[setting.key];
  return secret && secretOf(manifests, secret.name ?? '')?.[secret.key];
}

function filesOf(manifests: readonly ConfigObject[], volume: Volume | undefined, mountPath: string): Environment {
  if (volume?.configMap && !volume.configMap.optional) {
    const { data = {} } = find(manifests, 'ConfigMap', volume.configMap.name ?? '');
    const paths = volume.configMap.items ?? Object.keys(data).map((key) => ({ key, path: key }));
    return Object.fromEntries(paths.map(({ key, path }) => [`${mountPath}/${path}`, data[key] ?? '']));
  }
  const { secretName = '' } = volume?.secret ?? {};
  const keys = Object.keys(secretOf(manifests, secretName) ?? {});
  const items = volume?.secret?.items ?? keys.map((key) => ({ key, path: key }));
  const entries = items.map(({ key, path }) => {
    const value = secretOf(manifests, secretName)?.[key];
    if (value === undefined) throw new Error(`${mountPath}/${path}: the Secret ${secretName} has no ${key}`);
    return [`${mountPath}/${path}`, value];
  });
  return Object.fromEntries(entries) as Environment;
}

const secretOf = (manifests: readonly ConfigObject[], name: string): Environment | undefined => {
  const secret = manifests.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === name);
  return (
    secret &&
    Object.fromEntries(
      Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    )
  );
};
