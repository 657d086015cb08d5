/** Builds the pages: what browsers load into `dist/apps/web/pages`, what draws them on the server beside it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'vite';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const OUT = at('../../dist/apps/web');
const FILES = join(OUT, 'pages');

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
  await compress();
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

const squeeze = { br: promisify(brotliCompress), gz: promisify(gzip) };

/** Beside each file the same for whoever reads it compressed. */
async function compress() {
  const names = (await readdir(FILES)).filter((name) => /\.(js|css|svg)$/.test(name));
  await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(FILES, name));
      const brotli = await squeeze.br(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
      await writeFile(join(FILES, `${name}.br`), brotli);
      await writeFile(join(FILES, `${name}.gz`), await squeeze.gz(bytes, { level: 9 }));
    }),
  );
}
