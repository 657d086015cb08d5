import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Returns what forbids a release of the working tree in the current folder: one sentence for each reason, or none. A
 * release comes from a commit, has one version everywhere, a dated section in CHANGELOG.md, and a new tag.
 */
export function findObstacles() {
  const { version } = readJson('package.json');
  const lock = readJson('package-lock.json');
  return [
    git('status', '--porcelain') !== '' && 'The working tree has uncommitted changes. Commit them or remove them.',
    lock.version !== version &&
      `package-lock.json has the version ${lock.version}, package.json ${version}. Run: npm install`,
    sectionOf(version) === undefined &&
      `CHANGELOG.md has no section for this version. Its heading must be: ## ${version} (YYYY-MM-DD)`,
    git('tag', '--list', `v${version}`) !== '' && `The tag v${version} exists. Raise the version in package.json.`,
  ].filter(Boolean);
}

/** Returns the section of a version in CHANGELOG.md without its heading, or `undefined` when there is none. */
export function sectionOf(version) {
  const sections = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m);
  const heading = new RegExp(`^${version.replaceAll('.', '\\.')} \\(\\d{4}-\\d\\d-\\d\\d\\)\\n`);
  return sections
    .find((section) => heading.test(section))
    ?.replace(heading, '')
    .trim();
}

/** Returns the output of a Git command, without the last newline. Throws with its error output when it fails. */
export function git(...args) {
  const { status, stdout, stderr, error } = spawnSync('git', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')} failed: ${error?.message ?? stderr}`);
  return stdout.trimEnd();
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
