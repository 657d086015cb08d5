import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** Matches the code that every deployment runs. A change of this code can break every journey. */
const ENGINE =
  /^(apps\/gateway|libs\/(executor|executor-postgres|plan|contracts|platform|stage-kit|directory|blueprints))\/.*(?<!\.spec\.ts)$/;

/**
 * A changed file in `folder` selects the test files whose text contains one of `words`. Imports do not show what these
 * files test, because they start a built stage, policy or service.
 */
const NAMED_BY = [
  { folder: ENGINE, words: () => ['deployment', 'service-harness'] },
  { folder: /^libs\/stages\/src\/mfa\//, words: () => ['authenticator', 'mfa'] },
  { folder: /^libs\/stages\/src\/([\w-]+)\//, words: (name) => [name] },
  { folder: /^libs\/(policies|expressions)\//, words: () => ['polic', 'expression'] },
  { folder: /^libs\/(courier|outbox)\//, words: () => ['mail', 'courier'] },
  { folder: /^libs\/(sources|providers)\//, words: () => ['source'] },
  { folder: /^libs\/authenticators\//, words: () => ['authenticator', 'mfa'] },
  { folder: /^apps\/web\//, words: () => ['chromium', 'flow-page', 'if/flow'] },
  { folder: /^apps\/(\w+)\/src\//, words: (name) => [name] },
  { folder: /^packages\//, words: () => ['@gatehouse/client', 'packages', 'chromium'] },
  { folder: /^\.github\//, words: () => ['.github'] },
  { folder: /^load\//, words: () => ['tools/load.mjs'] },
  { folder: /^tools\/(new-stage|check-stages)/, words: () => ['tools/new-stage'] },
  { folder: /^examples\//, words: () => ['examples/'] },
  { folder: /^blueprints\//, words: () => ['blueprints/'] },
  { folder: /^(deploy\/|tools\/deploy|docker-compose|Dockerfile)/, words: () => ['deploy/', 'compose', 'Dockerfile'] },
  { folder: /^docs\//, words: () => ['docs/'] },
  { folder: /^tools\/([\w-]+)/, words: (name) => [`tools/${name}`] },
];
/** Matches the files that affect every build. A change of such a file selects all tests. */
const EVERYTHING = /^(package(-lock)?\.json|tsconfig\.json|vitest\.config\.ts|tools\/build)/;

/**
 * Returns the test files that a change since `ref` can break: those that import a changed file, and those whose text
 * names a changed part that they start as a process. `ref` is the common ancestor with `main` by default.
 */
export function changedTestFiles(ref = commonAncestor()) {
  const changed = [...git('diff', '--name-only', ref), ...git('ls-files', '--others', '--exclude-standard')];
  if (changed.some((path) => EVERYTHING.test(path))) return testFiles();
  const words = changed.flatMap(wordsOf);
  const named = testFiles().filter((path) => path.startsWith('test/') && names(path, words));
  return [...new Set([...importersSince(ref), ...named])];
}

/** Returns the common ancestor with the main branch, or `HEAD` in a clone without that branch. */
const commonAncestor = () =>
  ['main', 'origin/main'].map((branch) => git('merge-base', branch, 'HEAD')[0]).find(Boolean) ?? 'HEAD';

function wordsOf(path) {
  for (const { folder, words } of NAMED_BY) {
    const match = folder.exec(path);
    if (match) return words(match[1]);
  }
  return [];
}

function names(path, words) {
  const text = `${path}\n${readFileSync(path, 'utf8')}`.toLowerCase();
  return words.some((word) => text.includes(word.toLowerCase()));
}

/** Returns the test files that import a file changed since `ref`, directly or not. */
function importersSince(ref) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-changed-'));
  try {
    const list = join(folder, 'files.json');
    const args = ['node_modules/vitest/vitest.mjs', 'list', '--filesOnly', `--json=${list}`, `--changed=${ref}`];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`vitest list failed: ${stderr}`);
    return JSON.parse(readFileSync(list, 'utf8')).map(({ file }) => relative('.', file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const testFiles = () =>
  ['apps', 'libs', 'load', 'packages', 'test', 'tools']
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((path) => join(folder, path)))
    .filter((path) => /\.spec\.ts$|^test\/.*\.journey\.ts$/.test(path));

function git(...args) {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n').filter((line) => line !== '') : [];
}
