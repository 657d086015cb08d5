import { readdirSync, readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import type { Environment } from './compose.js';

interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: readonly EnvVar[];
  readonly securityContext?: Readonly<Record<string, unknown>>;
}
interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef: { readonly name: string; readonly key: string; readonly optional?: boolean };
  };
}
interface Pod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly initContainers?: readonly Container[];
    readonly containers: readonly Container[];
    readonly securityContext?: Readonly<Record<string, unknown>>;
  };
}

/** An object of a manifest, with the properties that the tests read. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: { readonly template: Pod; readonly scaleTargetRef?: { readonly name: string } };
}

const BASE = 'deploy/k8s/base';

/** Parses the objects of a YAML text with several documents. */
export const manifestsOf = (text: string): Manifest[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Manifest);

/**
 * Returns the files that the base kustomization lists, the files that exist, the objects of its manifests, and the patch
 * of all deployments.
 */
export function readBase() {
  const { resources, patches } = parse(readFileSync(`${BASE}/kustomization.yaml`, 'utf8')) as {
    resources: string[];
    patches: { path: string }[];
  };
  const files = resources.filter((name) => name.endsWith('.yaml'));
  return {
    listedFiles: ['kustomization.yaml', ...files, ...patches.map(({ path }) => path)],
    existingFiles: readdirSync(BASE),
    patch: parse(readFileSync(`${BASE}/every-deployment.yaml`, 'utf8')) as Manifest,
    manifests: files.flatMap((file) => manifestsOf(readFileSync(`${BASE}/${file}`, 'utf8'))),
  };
}

/** Returns the environment of a container, where the Secret `gatehouse` has the keys and values of `secret`. */
export function environmentOf(container: Container, secret: Environment): Environment {
  const environment: Record<string, string> = {};
  for (const { name, value, valueFrom } of container.env) {
    const found = value ?? secret[valueFrom?.secretKeyRef.key ?? ''];
    if (found === undefined && !valueFrom?.secretKeyRef.optional) throw new Error(`${name} has no value`);
    if (found !== undefined)
      environment[name] = found.replaceAll(/\$\((\w+)\)/g, (_, other: string) => environment[other] ?? '');
  }
  return environment;
}
