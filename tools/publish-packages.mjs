/**
 * `npm run packages:publish` publishes the packages that `npm run packages` has packed to the registry of npm's
 * configuration. It skips a version that is published already, so it can be run again. `-- --from FOLDER` takes them
 * from another folder than `dist/packages`. With `--dry-run`, it only names them.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { endWithUsage } from './usage.mjs';

endWithUsage('usage: npm run packages:publish -- [--from FOLDER] [--dry-run]', ['--from', '--dry-run']);
const { values } = parseArgs({
  options: { from: { type: 'string', default: 'dist/packages' }, 'dry-run': { type: 'boolean', default: false } },
});
const folder = resolve(values.from);

for (const file of packedFiles()) {
  const { name, version } = manifestOf(file);
  if (values['dry-run']) console.log(`would publish ${file} as ${name}@${version}`);
  else if (isPublished(`${name}@${version}`)) console.log(`${name}@${version} is published already`);
  else publish(file);
}

function packedFiles() {
  const files = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  if (files.length === 0) throw new Error(`${folder} has no packed package. Run: npm run packages`);
  return files.sort();
}

/** Returns the manifest of a packed package, which is also in the folder of the package beside the file. */
function manifestOf(file) {
  const [, name] = /^gatehouse-([a-z-]+)-\d/.exec(file) ?? [];
  return JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'));
}

function isPublished(reference) {
  return spawnSync('npm', ['view', reference, 'version'], { encoding: 'utf8' }).stdout.trim() !== '';
}

function publish(file) {
  const { status } = spawnSync('npm', ['publish', join(folder, file), '--access', 'public'], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm publish failed for ${file}`);
}
