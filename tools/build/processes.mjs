/**
 * Bundles every process and command into `dist/`, with the packages that they use. Processes share code in
 * `dist/chunks`, and each loads only the chunks that it needs (docs/adr/0053).
 */
import { existsSync, readdirSync } from 'node:fs';
import { rolldown } from 'rolldown';
import { ABSENT_PACKAGES, DEVELOPMENT_PACKAGES, EXTERNAL_PACKAGES } from './external-packages.mjs';
import { SERVICE_HOST } from './inputs.mjs';

const COMMANDS = [
  'blueprint',
  'breach-list',
  'check-stage',
  'database',
  'events',
  'flow',
  'keys',
  'mail',
  'migrate',
  'roles',
  'user',
].map((name) => `apps/cli/src/${name}`);
const PYTHON = 'libs/expressions/src/child';

/** Bundles all processes. Returns the paths of all source modules in the bundles, from which build.mjs lists the packages. */
export async function buildProcesses() {
  const main = await bundle([...processes(), ...COMMANDS, SERVICE_HOST].filter((path) => existsSync(`${path}.ts`)));
  // The Python process has a bundle of its own, because its sandbox can read no other folder.
  const python = await bundle([`${PYTHON}/main`, `${PYTHON}/snapshot`], { chunks: PYTHON });
  return [...main, ...python].flatMap(({ moduleIds = [] }) => moduleIds);
}

const processes = () => readdirSync('apps').map((app) => `apps/${app}/src/main`);

/** Bundles entry files, whose paths are given without `.ts`. Returns the written chunks. */
export async function bundle(entries, { dir = 'dist', chunks = 'chunks', external = [] } = {}) {
  const build = await rolldown({
    input: Object.fromEntries(entries.map((path) => [path, `${path}.ts`])),
    platform: 'node',
    tsconfig: 'tsconfig.json',
    external: [...EXTERNAL_PACKAGES, ...DEVELOPMENT_PACKAGES, ...ABSENT_PACKAGES, ...external],
    treeshake: { moduleSideEffects: [{ test: /\/(apps|libs)\/[^/]+\/src\//, sideEffects: false }] },
    plugins: [withoutOtherDatabases, withoutCloudflare, mapOwnSourcesOnly, compileWrappersAtOnce],
    onLog: failOnWarning,
  });
  const { output } = await build.write({
    dir,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: `${chunks}/[name]-[hash].js`,
    sourcemap: true,
    sourcemapExcludeSources: true,
    comments: { legal: true, annotation: false, jsdoc: false },
    keepNames: true,
  });
  return output;
}

/**
 * Replaces TypeORM's drivers for databases other than Postgres by empty modules, because TypeORM loads all of them at
 * its start.
 */
const withoutOtherDatabases = {
  name: 'without-other-databases',
  load: {
    filter: { id: /\/typeorm\/driver\/(?!postgres|types)[\w-]+\/\w+\.js$/ },
    handler: () => 'module.exports = {};',
  },
};

/**
 * Removes pg's check for Cloudflare Workers. The check uses `Response`, for which Node 20 loads its HTTP client: a
 * twentieth of the start time.
 */
const withoutCloudflare = {
  name: 'without-cloudflare',
  transform: {
    filter: { id: /\/pg\/lib\/stream\.js$/ },
    handler(code) {
      const question = "typeof Response === 'function'";
      if (!code.includes(question))
        throw new Error(`pg does not contain ${question} any more: remove withoutCloudflare`);
      return { code: code.replace(question, 'false'), map: { mappings: '' } };
    },
  },
};

/**
 * Turns the arrow functions that wrap CommonJS modules into function expressions, because nearly all of them are called
 * at the start. V8 compiles a function expression in parentheses at once, but parses an arrow function twice.
 */
const compileWrappersAtOnce = {
  name: 'compile-wrappers-at-once',
  renderChunk: (code) => ({
    code: code.replaceAll(/(?<=__commonJSMin\(\()(\([\w$, ]*\)) => \{$/gm, 'function$1 {'),
    // No source map is needed: packages have none, and no other code is changed.
    map: null,
  }),
};

/**
 * Leaves packages out of the source maps, because Node keeps the maps of loaded files in memory. Stack traces name the
 * lines of the bundle for them.
 */
const mapOwnSourcesOnly = {
  name: 'map-own-sources-only',
  transform: { filter: { id: /\/node_modules\// }, handler: (code) => ({ code, map: { mappings: '' } }) },
};

function failOnWarning(level, log) {
  if (level === 'warn') throw new Error(log.message);
}
