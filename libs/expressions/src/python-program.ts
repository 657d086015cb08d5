import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const moduleFolder = dirname(fileURLToPath(import.meta.url));
const packageRoot = (folder: string): string =>
  existsSync(join(folder, 'package.json')) ? folder : packageRoot(dirname(folder));

/**
 * Folder of the compiled child program. Tests run TypeScript directly, but the child process needs the compiled files.
 */
const compiled = [moduleFolder, join(packageRoot(moduleFolder), 'dist/libs/expressions/src')].find((folder) =>
  existsSync(join(folder, 'python.snapshot')),
);
const pyodide = dirname(createRequire(import.meta.url).resolve('pyodide'));

const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

/** Returns the arguments with which Node.js starts the child process. It may only read its own program and Python. */
export function pythonProgram(memoryMb: number): string[] {
  if (!compiled) throw new Error('the child program for expressions is not built. Run: npm run build');
  const readable = [join(compiled, '*'), join(pyodide, '*'), join(packageRoot(moduleFolder), 'package.json')];
  return [
    PERMISSION,
    ...readable.map((path) => `--allow-fs-read=${path}`),
    '--disallow-code-generation-from-strings',
    '--no-addons',
    '--no-warnings',
    '--max-old-space-size=128',
    '--max-semi-space-size=2',
    join(compiled, 'child/main.js'),
    pyodide,
    compiled,
    String(memoryMb),
  ];
}
