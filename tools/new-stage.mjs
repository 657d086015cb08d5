/**
 * `npm run new:stage -- NAME` writes the files of a stage and adds it to the lists that name all stages. It overwrites
 * nothing. `git checkout` and `git clean` remove the stage again.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { withModules } from './modules.mjs';
import { endWithUsage } from './usage.mjs';

const USAGE = `Usage: npm run new:stage -- NAME [--service SERVICE] [--no-page]
  NAME       such as terms-of-use, for a stage of the kind terms_of_use
  --service  the service that runs the stage (default: session)
  --no-page  the stage never asks the visitor`;
const PAGES = 'apps/web/src/challenges';
const MODULES = {
  names: 'tools/new-stage/stage-name.ts',
  files: 'tools/new-stage/stage-files.ts',
  lists: 'tools/new-stage/list-entries.ts',
  catalogue: 'libs/stages/src/catalogue.ts',
};
const FORMATTER = 'node_modules/@biomejs/biome/bin/biome';

endWithUsage(USAGE);
const wanted = readArguments();
const texts = wanted && (await withModules(Object.values(MODULES), readTexts));
if (texts) {
  const written = { ...texts.files, ...texts.lists };
  for (const [path, text] of Object.entries(written)) write(path, text);
  run(FORMATTER, 'check', '--write', ...Object.keys(written).filter((path) => /\.tsx?$/.test(path)));
  const generated = run('tools/docs.mjs').match(/(?<=^wrote ).+$/gm) ?? [];
  console.log(reportOf(texts, generated));
}

function readArguments() {
  try {
    const options = { service: { type: 'string', default: 'session' }, 'no-page': { type: 'boolean' } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [name, ...others] = positionals;
    if (name === undefined || others.length > 0) return fail(`Expected one NAME.\n${USAGE}`);
    return { name, service: values.service, asks: !values['no-page'] };
  } catch (error) {
    return fail(`${error.message}\n${USAGE}`);
  }
}

/** Returns the texts of all files, without writing them. Fails for arguments that are not valid. */
async function readTexts(load) {
  const { name, service, asks } = wanted;
  const { ArgumentError, stageNames } = await load(MODULES.names);
  const { askingStage, silentStage } = await load(MODULES.files);
  const { listEntries } = await load(MODULES.lists);
  const { stages } = await load(MODULES.catalogue);
  const contracts = Object.values(stages).map(({ contract }) => contract);
  const services = new Set(contracts.map((contract) => contract.service));
  if (!services.has(service))
    return fail(`There is no service ${service} with stages: choose ${[...services].join(', ')}.`);
  try {
    const names = stageNames(name, { contracts, pages: importedPages() });
    const files = (asks ? askingStage : silentStage)(names, { service, since: nextVersion() });
    const existing = existingFile(names, files);
    if (existing) return fail(`${existing} exists already. Choose another name.`);
    return { names, files, lists: listEntries(names, { service, asks, read: (path) => readFileSync(path, 'utf8') }) };
  } catch (error) {
    if (error instanceof ArgumentError) return fail(error.message);
    throw error;
  }
}

/** Returns the next minor version, which is the first that has the stage. */
function nextVersion() {
  const [major, minor] = JSON.parse(readFileSync('package.json', 'utf8')).version.split('.');
  return `${major}.${Number(minor) + 1}.0`;
}

/** Returns the names of the components that the table of pages imports. */
function importedPages() {
  const imports = readFileSync(`${PAGES}/table.ts`, 'utf8').matchAll(/^import \{ ([\w, ]+) \}/gm);
  return [...imports].flatMap(([, list]) => list.split(', '));
}

/**
 * Returns the path of an existing file or folder that a new stage would overwrite. A page counts whatever its extension
 * is.
 */
function existingFile({ folder }, files) {
  const page = readdirSync(PAGES).find((file) => file.split('.')[0] === folder);
  if (page) return `${PAGES}/${page}`;
  return [`libs/stages/src/${folder}`, ...Object.keys(files)].find((path) => existsSync(path));
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Runs a program of the repository and returns its output. */
function run(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args[0]} failed:\n${stdout}${stderr}`);
  return stdout;
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

function reportOf({ names: { kind, folder, model }, files, lists }, generated) {
  const path = `libs/stages/src/${folder}/${folder}`;
  const list = (paths) => paths.map((file) => `  ${file}`).join('\n');
  const page = `${PAGES}/${folder}.tsx`;
  const steps = [
    `${path}.contract.ts: declare config, challenge, response and errors`,
    `${path}.stage.ts: say what the stage does, and test it in ${folder}.stage.spec.ts`,
    ...(page in files ? [`${page}: show the challenge, and its example in apps/web/src/examples/steps.ts`] : []),
    `the README, and the section in docs/spec/stages.md: describe the stage`,
  ];
  return `Wrote the stage ${kind}, model ${model}:
${list(Object.keys(files))}
Added it to:
${list([...Object.keys(lists), ...generated])}

It works as it is. What you change next:
${steps.map((step, i) => `  ${i + 1}. ${step}`).join('\n')}
Then: npm run docs && npm run check:stages && npm test -- libs/stages/src/${folder}
The way to a login through it: docs/how-to/add-a-stage.md`;
}
