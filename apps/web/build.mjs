/**
 * Builds the pages: the files for browsers into `dist/apps/web/pages`, the server-side renderer into `dist/apps/web`.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'vite';
import { buildIcons } from './icons/build.mjs';

const resolvePath = (path) => fileURLToPath(new URL(path, import.meta.url));

const OUT = resolvePath('../../dist/apps/web');
/** Folders of files that browsers load: the pages, and the built-in proof of work. */
const FILES = ['pages', 'proof'].map((folder) => join(OUT, folder));

const common = {
  configFile: false,
  root: resolvePath('.'),
  logLevel: 'warn',
  publicDir: false,
  resolve: { tsconfigPaths: true },
};

/** URL path under which the gateway serves the files. */
const BASE = '/static/';

/**
 * Builds the pages, and with `examples` the site that shows every page with made-up challenges. Returns the paths of all
 * source modules in the bundles, from which tools/build.mjs lists the packages.
 */
export async function buildPages({ examples }) {
  const browser = await build({ ...common, base: BASE, build: browserBuild });
  const server = await build({ ...common, build: serverBuild({ examples }), ssr: { noExternal: true } });
  const proof = await build({ ...common, build: proofBuild });
  for (const folder of FILES) await compress(folder);
  await buildIcons(join(OUT, 'icons'));
  return [browser, server, proof].flat().flatMap(({ output }) => output.flatMap(({ moduleIds = [] }) => moduleIds));
}

const browserBuild = {
  outDir: OUT,
  emptyOutDir: true,
  target: 'es2022',
  manifest: 'manifest.json',
  modulePreload: false,
  assetsDir: 'pages',
  rolldownOptions: { input: resolvePath('src/client.tsx') },
};

const serverBuild = ({ examples }) => ({
  outDir: OUT,
  emptyOutDir: false,
  ssr: true,
  sourcemap: true,
  cssMinify: true,
  rolldownOptions: {
    input: {
      server: resolvePath('src/server.tsx'),
      ...(examples ? { examples: resolvePath('src/examples/site.ts') } : {}),
    },
    output: { entryFileNames: '[name].js', sourcemapExcludeSources: true },
  },
});

/**
 * Builds the proof of work as one script without imports. Any page can load the script, which also starts itself as a
 * worker.
 */
const proofBuild = {
  outDir: join(OUT, 'proof'),
  emptyOutDir: true,
  target: 'es2022',
  lib: {
    entry: resolvePath('src/proof/proof-of-work.ts'),
    formats: ['iife'],
    name: 'proofOfWork',
    fileName: () => 'proof-of-work.js',
  },
};

const compressors = { br: promisify(brotliCompress), gz: promisify(gzip) };

/** Writes a Brotli and a gzip variant of each text file. */
async function compress(folder) {
  const names = (await readdir(folder)).filter((name) => /\.(js|css|svg)$/.test(name));
  await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(folder, name));
      const brotli = await compressors.br(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
      await writeFile(join(folder, `${name}.br`), brotli);
      await writeFile(join(folder, `${name}.gz`), await compressors.gz(bytes, { level: 9 }));
    }),
  );
}
