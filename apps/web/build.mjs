/** Builds the pages: what browsers load into `dist/apps/web/pages`, what draws them on the server beside it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'vite';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const OUT = at('../../dist/apps/web');
/** What browsers load: of pages, and of the house's own puzzle. */
const FILES = ['pages', 'proof'].map((folder) => join(OUT, folder));

const common = {
  configFile: false,
  root: at('.'),
  logLevel: 'warn',
  publicDir: false,
  resolve: { tsconfigPaths: true },
};

/** Where the gateway serves the files. */
const BASE = '/static/';

export async function buildPages() {
  await build({ ...common, base: BASE, build: browserBuild });
  await build({ ...common, build: serverBuild, ssr: { noExternal: true } });
  await build({ ...common, build: proofBuild });
  for (const folder of FILES) await compress(folder);
}

const browserBuild = {
  outDir: OUT,
  emptyOutDir: true,
  target: 'es2022',
  manifest: 'manifest.json',
  modulePreload: false,
  assetsDir: 'pages',
  rolldownOptions: { input: at('src/client.tsx') },
};

const serverBuild = {
  outDir: OUT,
  emptyOutDir: false,
  ssr: true,
  sourcemap: true,
  cssMinify: true,
  rolldownOptions: {
    input: { server: at('src/server.tsx'), examples: at('src/examples/site.ts') },
    output: { entryFileNames: '[name].js' },
  },
};

/** One script without imports: pages of others load it like that of a provider, and it is its own worker. */
const proofBuild = {
  outDir: join(OUT, 'proof'),
  emptyOutDir: true,
  target: 'es2022',
  lib: {
    entry: at('src/proof/proof-of-work.ts'),
    formats: ['iife'],
    name: 'proofOfWork',
    fileName: () => 'proof-of-work.js',
  },
};

const squeeze = { br: promisify(brotliCompress), gz: promisify(gzip) };

/** Beside each file the same for whoever reads it compressed. */
async function compress(folder) {
  const names = (await readdir(folder)).filter((name) => /\.(js|css|svg)$/.test(name));
  await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(folder, name));
      const brotli = await squeeze.br(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
      await writeFile(join(folder, `${name}.br`), brotli);
      await writeFile(join(folder, `${name}.gz`), await squeeze.gz(bytes, { level: 9 }));
    }),
  );
}
