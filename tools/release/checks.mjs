import { readFileSync } from 'node:fs';
import { git } from './git.mjs';

/**
 * Returns what forbids a release of the working tree in the current folder: one sentence for each reason, or none. A
 * release comes from a commit, has one version everywhere, a dated section in CHANGELOG.md, and a new tag. With `tagged`,
 * the commit has this tag already.
 */
export function findObstacles({ tagged }) {
  const { version } = readJson('package.json');
  const lock = readJson('package-lock.json');
  return [
    git('status', '--porcelain') !== '' && 'The working tree has uncommitted changes. Commit them or remove them.',
    lock.version !== version &&
      `package-lock.json has the version ${lock.version}, package.json ${version}. Run: npm install`,
    sectionOf(version) === undefined &&
      `CHANGELOG.md has no section for this version. Its heading must be: ## [${version}] - YYYY-MM-DD`,
    tagged
      ? git('tag', '--points-at', 'HEAD', '--list', `v${version}`) === '' &&
        `The commit has no tag v${version}. Tag a commit whose package.json has the version of the tag.`
      : git('tag', '--list', `v${version}`) !== '' && `The tag v${version} exists. Raise the version in package.json.`,
  ].filter(Boolean);
}

/** Returns the section of a version in CHANGELOG.md without its heading, or `undefined` when there is none. */
export function sectionOf(version) {
  const sections = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m);
  const heading = new RegExp(`^\\[${version.replaceAll('.', '\\.')}\\] - \\d{4}-\\d\\d-\\d\\d\\n`);
  return sections
    .find((section) => heading.test(section))
    ?.replace(heading, '')
    .trim();
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
