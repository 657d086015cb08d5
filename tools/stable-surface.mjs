/**
 * The names that clients, operators and external stages rely on: operations and fields of the API, messages on the bus,
 * fields of blueprints, settings, metrics. `docs/reference/stable-surface.json` has those that a release has recorded.
 *
 * `npm run check:surface` fails if one of them is gone (docs/reference/support.md). With `--complete`, as in a release,
 * it also fails if a name is not recorded. `npm run check:surface -- --record` records the names of this version.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isMain, withModules } from './modules.mjs';

const RECORD = 'docs/reference/stable-surface.json';
const [COMPARISON, NAMES] = ['comparison', 'names'].map((name) => `tools/stable-surface/${name}.ts`);

/** The modules that `checkStableSurface` loads. */
export const SURFACE_MODULES = [COMPARISON, NAMES];

/** Returns a line for each recorded name that is gone, and with `complete` for each that is not recorded. */
export async function checkStableSurface(load, { complete = false } = {}) {
  const { findRemoved, findUnrecorded } = await load(COMPARISON);
  const [now, before] = [await namesNow(load), recorded()];
  return [...findRemoved(now, before), ...(complete ? findUnrecorded(now, before) : [])];
}

async function record(load) {
  const problems = await checkStableSurface(load);
  if (problems.length > 0) return problems;
  const { recordOf } = await load(COMPARISON);
  const names = recordOf(await namesNow(load), recorded());
  writeFileSync(RECORD, `${JSON.stringify(names, undefined, 2)}\n`);
  console.log(`recorded the names of ${names.version} in ${RECORD}`);
  return [];
}

async function namesNow(load) {
  const { stableNames } = await load(NAMES);
  return { version: JSON.parse(readFileSync('package.json', 'utf8')).version, surfaces: stableNames() };
}

const recorded = () => (existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, 'utf8')) : undefined);

if (isMain(import.meta.url)) {
  const { values } = parseArgs({ options: { record: { type: 'boolean' }, complete: { type: 'boolean' } } });
  const problems = await withModules(SURFACE_MODULES, (load) =>
    values.record ? record(load) : checkStableSurface(load, values),
  );
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
