/**
 * `npm run release -- --image NAME` publishes the version of package.json: builds the image for all platforms and pushes
 * it, writes the software bill of materials, the licences, the provenance and the checksums to `dist/release`, and tags
 * the commit. `--tagged` is for a workflow that the tag has started: the commit must have the tag. With `--dry-run` it
 * writes the files, and prints the commands instead of running them.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findObstacles, sectionOf } from './release/checks.mjs';
import { git, repositoryUrl } from './release/git.mjs';
import { provenanceOf, sha256 } from './release/provenance.mjs';
import { shippedPackages, softwareBillOfMaterials } from './release/sbom.mjs';
import { ALLOWED_LICENCES } from './security/licences.mjs';
import { endWithUsage } from './usage.mjs';

const PLATFORMS = ['linux/amd64', 'linux/arm64'];
const FOLDER = 'dist/release';
const BUILD_RESULT = 'dist/image.json';
/** Text of the release, and the digest of the image in the format of `sha256sum`, for the workflow. */
const [NOTES, IMAGE_SUM] = ['dist/release-notes.md', 'dist/image.sums'];
const USAGE = 'Usage: npm run release -- --image REGISTRY/NAME [--tagged] [--dry-run]';

endWithUsage(USAGE, ['--image', '--tagged', '--dry-run']);
const { values } = parseArgs({
  options: {
    image: { type: 'string' },
    tagged: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
  },
});
const dryRun = values['dry-run'];
try {
  release();
} catch (error) {
  console.error(`release: ${error.message}`);
  process.exitCode = 1;
}

function release() {
  if (!values.image && !dryRun) throw new Error(`NAME of the image is missing. ${USAGE}`);
  const obstacles = findObstacles(values);
  if (obstacles.length > 0) throw new Error(`not possible.\n${obstacles.join('\n')}`);
  const startedAt = new Date();
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const name = values.image ?? 'gatehouse';
  const image = `${name}:${version}`;
  run(process.execPath, 'tools/released-migrations.mjs', '--complete');
  run(process.execPath, 'tools/stable-surface.mjs', '--complete');
  run(process.execPath, 'tools/build.mjs');
  const files = writeDocuments(version);
  const built = publish(
    ...['docker', 'buildx', 'build', '--platform', PLATFORMS.join(','), '--tag', image],
    ...['--metadata-file', BUILD_RESULT, '--push', '.'],
  );
  const imageDigest = built ? JSON.parse(readFileSync(BUILD_RESULT, 'utf8'))['containerimage.digest'] : undefined;
  if (imageDigest) writeFileSync(IMAGE_SUM, `${imageDigest.replace('sha256:', '')}  ${name}\n`);
  writeProvenance({ version, image, imageDigest, files, startedAt });
  if (!values.tagged) {
    publish('git', 'tag', '--annotate', `v${version}`, '--message', `Gatehouse ${version}`);
    publish('git', 'push', 'origin', `v${version}`);
  }
  writeFileSync(NOTES, `${sectionOf(version)}\n`);
  console.log(`\nFiles of the release, in ${FOLDER}:\n${readFileSync(`${FOLDER}/SHA256SUMS`, 'utf8')}`);
  console.log(`Text of the release, in ${NOTES}:\n\n${sectionOf(version)}`);
}

/** Writes the bill of materials and the licences. Returns their paths. Throws when a licence is not allowed. */
function writeDocuments(version) {
  const refused = shippedPackages().filter(({ license }) => !ALLOWED_LICENCES.has(license));
  if (refused.length > 0)
    throw new Error(
      `licences that tools/security/licences.mjs does not allow: ${refused.map(({ reference, license }) => `${reference} (${license})`).join(', ')}`,
    );
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const [bill, licences] = [`${FOLDER}/gatehouse-${version}.cdx.json`, `${FOLDER}/THIRD-PARTY-LICENCES.txt`];
  writeFileSync(bill, `${JSON.stringify(softwareBillOfMaterials(), undefined, 2)}\n`);
  copyFileSync('dist/THIRD-PARTY-LICENCES.txt', licences);
  return [bill, licences];
}

function writeProvenance({ version, files, ...rest }) {
  const provenance = `${FOLDER}/gatehouse-${version}.provenance.json`;
  const source = { commit: git('rev-parse', 'HEAD'), repository: repositoryUrl(), platforms: PLATFORMS };
  writeFileSync(provenance, `${JSON.stringify(provenanceOf({ version, files, ...source, ...rest }), undefined, 2)}\n`);
  const sums = [...files, provenance].map((path) => `${sha256(path)}  ${path.slice(FOLDER.length + 1)}\n`);
  writeFileSync(`${FOLDER}/SHA256SUMS`, sums.join(''));
}

/** Runs a command that publishes. In a dry run, prints it instead and returns false. */
function publish(program, ...args) {
  if (dryRun) {
    console.log(`would run: ${[program, ...args].map((arg) => (/\s/.test(arg) ? `'${arg}'` : arg)).join(' ')}`);
    return false;
  }
  run(program, ...args);
  return true;
}

function run(program, ...args) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${program} ${args[0]} failed${error ? `: ${error.message}` : ''}`);
}
