/**
 * `npm run docs:site` builds the documentation site from the Markdown files of `docs/` into `site/dist`. `-- --serve`
 * builds it and shows it at 127.0.0.1, `-- --watch` shows changes of pages while you write. Installs the packages of
 * `site/` first if needed; `npm test` and the product do not need them.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { installIfNeeded } from './install.mjs';

const SITE = 'site';
const USAGE = 'Usage: npm run docs:site -- [--serve | --watch] [--port NUMBER]';

try {
  const { values } = parseArgs({
    options: {
      serve: { type: 'boolean', default: false },
      watch: { type: 'boolean', default: false },
      port: { type: 'string', default: '9080' },
    },
  });
  installIfNeeded(SITE);
  process.exitCode = await run(values);
} catch (error) {
  console.error(`docs:site: ${error.message}\n${USAGE}`);
  process.exitCode = 1;
}

async function run({ serve, watch, port }) {
  if (watch) return vitepress('dev', '--host', '127.0.0.1', '--port', port);
  const status = vitepress('build');
  if (status === 0 && serve) await serveSite(Number(port));
  return status;
}

/** Serves the built site. The preview of VitePress would listen at every address of the machine. */
async function serveSite(port) {
  const { preview } = await import(pathToFileURL(resolve(SITE, 'node_modules/vite/dist/node/index.js')).href);
  const server = await preview({
    configFile: false,
    appType: 'mpa',
    base: process.env.DOCS_BASE ?? '/',
    root: 'site',
    build: { outDir: 'dist' },
    preview: { host: '127.0.0.1', port, strictPort: true },
  });
  server.printUrls();
}

function vitepress(command, ...args) {
  const program = `${SITE}/node_modules/vitepress/bin/vitepress.js`;
  return spawnSync(process.execPath, [program, command, SITE, ...args], { stdio: 'inherit' }).status ?? 1;
}
