import { pathToFileURL } from 'node:url';
import { installIfNeeded } from './install.mjs';
import { loadProblem } from './load-problem.mjs';

/**
 * Calls `use` with a function that loads a TypeScript module by its path in the repository. Each module is compiled and
 * run once. Installs packages first if needed, so that a command works in a fresh clone. If a module is missing or cannot
 * be parsed, prints which, and ends the process.
 */
export async function withModules(use) {
  installIfNeeded();
  const { createServer } = await import('vite');
  const server = await createServer({
    configFile: false,
    appType: 'custom',
    logLevel: 'silent',
    resolve: { tsconfigPaths: true },
    server: { middlewareMode: true, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  try {
    return await use((path) => server.ssrLoadModule(`/${path}`));
  } catch (error) {
    const problem = loadProblem(error);
    if (problem === undefined) throw error;
    console.error(problem);
    return process.exit(1);
  } finally {
    await server.close();
  }
}

/** Returns whether the program was started with this module. */
export const isMain = (url) => url === pathToFileURL(process.argv[1]).href;
