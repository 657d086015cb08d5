import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Returns a CycloneDX document about what the image adds to its base image: the packages that are bundled, those that
 * are installed unbundled, and Python. npm describes every package of package-lock.json. This function keeps only those
 * that are in the image.
 */
export function softwareBillOfMaterials() {
  const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'];
  const { status, stdout, stderr } = spawnSync('npm', args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed: ${stderr}`);
  return limitTo(shippedPackages(), JSON.parse(stdout));
}

/** Returns the packages of the image as `name@version`, in the order of their paths. Needs a build. */
export function shippedPackages() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  return JSON.parse(readFileSync('dist/packages.json', 'utf8')).map((path) => {
    const { version, license } = packages[path];
    return { reference: `${path.split('node_modules/').at(-1)}@${version}`, license };
  });
}

function limitTo(shipped, document) {
  const references = new Set(shipped.map(({ reference }) => reference));
  const root = document.metadata.component;
  const components = document.components.filter((component) => references.has(component['bom-ref']));
  const known = new Set(components.map((component) => component['bom-ref']));
  const missing = [...references].filter((reference) => !known.has(reference));
  if (missing.length > 0) throw new Error(`npm sbom does not know ${missing.join(', ')}. Run: npm ci`);
  const python = pythonOf();
  return {
    ...document,
    metadata: { ...document.metadata, component: { ...root, type: 'application', name: 'gatehouse' } },
    components: [...components.map(withoutDevelopmentMark), python],
    dependencies: [
      ...[{ ref: root['bom-ref'], dependsOn: [...known, python['bom-ref']] }],
      ...document.dependencies
        .filter(({ ref }) => known.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((on) => known.has(on)) })),
    ],
  };
}

/** Removes npm's mark of development packages, because some of them are in the bundles of the pages. */
const withoutDevelopmentMark = ({ properties = [], ...component }) => ({
  ...component,
  scope: 'required',
  properties: properties.filter(({ name }) => name !== 'cdx:npm:package:development'),
});

/** Returns the component of the Python that Pyodide contains. */
function pythonOf() {
  const { info } = JSON.parse(readFileSync('node_modules/pyodide/pyodide-lock.json', 'utf8'));
  const purl = `pkg:generic/cpython@${info.python}`;
  const licenses = [{ license: { id: 'Python-2.0' } }];
  return {
    'bom-ref': purl,
    type: 'framework',
    name: 'cpython',
    version: info.python,
    scope: 'required',
    purl,
    licenses,
  };
}
