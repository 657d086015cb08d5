import type { Manifest } from './kubernetes.js';
import { typeFaults } from './type-check.js';

/** The module of kubernetes-types for each API version. */
const MODULES: Readonly<Record<string, string>> = {
  v1: 'core/v1',
  'apps/v1': 'apps/v1',
  'autoscaling/v2': 'autoscaling/v2',
  'batch/v1': 'batch/v1',
  'networking.k8s.io/v1': 'networking/v1',
  'policy/v1': 'policy/v1',
  'scheduling.k8s.io/v1': 'scheduling/v1',
};

/**
 * Returns the differences between objects and the types of the Kubernetes API: unknown fields, missing fields and values
 * of another type. The types are those of the oldest supported version, so newer fields count as unknown. Throws for an
 * API version that is not known.
 */
export function schemaFaults(manifests: readonly Manifest[]): string[] {
  const lines = manifests.map((manifest, index) => {
    const module = MODULES[manifest.apiVersion];
    if (!module) throw new Error(`add a module for ${manifest.apiVersion} (${manifest.kind}) to MODULES`);
    const type = `import('kubernetes-types/${module}.js').${manifest.kind}`;
    return `export const object${index}: ${type} = ${JSON.stringify(manifest)};`;
  });
  return typeFaults(lines.join('\n')).map(({ line, message }) => {
    const { kind, metadata } = manifests[line] as Manifest;
    return `${kind} ${metadata.name}: ${message}`;
  });
}
