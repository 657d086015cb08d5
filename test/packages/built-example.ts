import { cp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { build } from 'vite';
import { installPacked } from './packed.js';

/** The origin of Gatehouse in the pages of the example. */
const EXAMPLE_ORIGIN = 'http://login.gatehouse.localhost:9000';
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/**
 * Builds `examples/spa` with the packed packages, and serves it on this machine. Chromium finds it under every name that
 * ends in `.localhost`. Call `setGatehouse` with the origin of Gatehouse before a page is opened.
 */
export async function serveExample() {
  const { folder, remove } = await installPacked();
  const root = join(folder, 'spa');
  await cp('examples/spa', root, { recursive: true });
  await addTestPage(root);
  const input = ['index.html', 'react.html', 'unmount.html'].map((name) => join(root, name));
  await build({ root, configFile: false, logLevel: 'error', build: { rolldownOptions: { input } } });
  const gatehouse = { origin: EXAMPLE_ORIGIN };
  const server = await serveFolder(join(root, 'dist'), (page) => page.replaceAll(EXAMPLE_ORIGIN, gatehouse.origin));
  const { port } = server.address() as AddressInfo;
  return {
    /** Returns the origin under which a page of this host is served. */
    originOf: (host: string) => `http://${host}:${port}`,
    setGatehouse: (origin: string) => {
      gatehouse.origin = origin;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await remove();
    },
  };
}

/** Adds a page that the example does not need, which unmounts a flow. */
async function addTestPage(root: string) {
  await cp('test/packages/sample/unmount.tsx', join(root, 'unmount.tsx'));
  const page = await readFile(join(root, 'react.html'), 'utf8');
  await writeFile(join(root, 'unmount.html'), page.replace('react.tsx', 'unmount.tsx'));
}

/** Serves the files of a folder. `edit` returns the text of a page. */
async function serveFolder(folder: string, edit: (page: string) => string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://example.localhost');
    readFile(join(folder, pathname)).then(
      (file) => {
        const type = TYPES[extname(pathname)] ?? 'application/octet-stream';
        response.setHeader('content-type', type);
        response.end(type === 'text/html' ? edit(String(file)) : file);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}
