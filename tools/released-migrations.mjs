/**
 * Released migrations are never edited: databases have run them. `released-migrations.json` has the digest of the code
 * of each, without comments and formatting.
 *
 * `npm run check:migrations` fails if a released migration was edited or removed. With `--complete`, as in a release, it
 * also fails if a migration is not in the list. `npm run check:migrations -- --add VERSION` adds the missing ones.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';

// An `import` of this CommonJS package takes three times as long, because Node then searches it for its exports.
const ts = createRequire(import.meta.url)('typescript');

const LIST = 'tools/released-migrations.json';
const MIGRATION = /\/migrations\/\d{13}-[\w-]+\.ts$/;
const options = { add: { type: 'string' }, complete: { type: 'boolean' } };

const { add, complete } = parseArgs({ options }).values;
const released = existsSync(LIST) ? JSON.parse(readFileSync(LIST, 'utf8')) : {};
const listed = Object.assign({}, ...Object.values(released));
const paths = readdirSync('libs', { recursive: true }).filter((path) => MIGRATION.test(path));
const current = Object.fromEntries(paths.map((path) => [basename(path), digestOf(join('libs', path))]));
const unlisted = Object.keys(current)
  .filter((name) => !(name in listed))
  .sort();

const problems = Object.entries(listed).flatMap(([name, digest]) => {
  if (!(name in current)) return [`${name} is released, but was removed`];
  return current[name] === digest ? [] : [`${name} is released, but was edited. Write a new migration instead`];
});
if (complete) {
  problems.push(...unlisted.map((name) => `${name} is not listed. Run npm run check:migrations -- --add VERSION`));
}
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
if (add !== undefined && problems.length === 0 && unlisted.length > 0) {
  released[add] = { ...released[add], ...Object.fromEntries(unlisted.map((name) => [name, current[name]])) };
  writeFileSync(LIST, `${JSON.stringify(released, null, 2)}\n`);
  console.log(`added ${unlisted.length} migrations to ${LIST}`);
}

/** Returns the digest of the tokens of a file, which ignores comments and formatting. */
function digestOf(path) {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const hash = createHash('sha256');
  const visit = (node) => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(file);
    if (children.length === 0) hash.update(`${node.getText(file)}\n`);
    for (const child of children) visit(child);
  };
  visit(file);
  return hash.digest('hex');
}
