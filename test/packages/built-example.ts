import { cp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { build } from 'vite';
import { DocumentedCommands } from '../support/documented-commands.js';
import { installPacked } from './packed.js';

/** The origins of Gatehouse in the example and in write-a-client.md, which the server replaces. */
const ORIGINS = ['http://login.gatehouse.localhost:9000', 'https://login.example.org'];
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/**
 * Builds `examples/spa` with the packed packages, and serves it on this machine. Chromium finds it under every name that
 * ends in `.localhost`. Call `setGatehouse` with the origin of Gatehouse before a page is opened.
 */
export async function serveExample() {
  const { folder, remove } = await installPacked();
  const root = join(folder, 'spa');
  await cp('examples/spa', root, { recursive: true });
  await addTestPages(root);
  const input = ['index.html', 'react.html', 'unmount.html', 'documented.html'].map((name) => join(root, name));
  await build({ root, configFile: false, logLevel: 'error', build: { rolldownOptions: { input } } });
  const gatehouse = { origin: '' };
  const server = await serveFolder(join(root, 'dist'), (text) =>
    ORIGINS.reduce((edited, origin) => edited.replaceAll(origin, gatehouse.origin), text),
  );
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

/** Adds pages for tests: one that unmounts a flow, and one with the program of write-a-client.md. */
async function addTestPages(root: string) {
  await cp('test/packages/sample/unmount.tsx', join(root, 'unmount.tsx'));
  const program = DocumentedCommands.of('docs/how-to/write-a-client.md').block('tsx', /createRoot/);
  await writeFile(join(root, 'documented.tsx'), program);
  const page = await readFile(join(root, 'react.html'), 'utf8');
  for (const name of ['unmount', 'documented'])
    await writeFile(join(root, `${name}.html`), page.replace('react.tsx', `${name}.tsx`));
}

/** Serves the files of a folder. `edit` changes the text of each page and script before it is sent. */
async function serveFolder(folder: string, edit: (page: string) => string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://example.localhost');
    readFile(join(folder, pathname)).then(
      (file) => {
        const type = TYPES[extname(pathname)] ?? 'application/octet-stream';
        response.setHeader('content-type', type);
        response.end(type.startsWith('text/') ? edit(String(file)) : file);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}
